/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container - the processes in the new namespaces, from clone to the start of CMD */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/cgroup.h"
#include "launcher/command.h"
#include "launcher/options_limits.h"
#include "launcher/options_network.h"
#include "launcher/rootfs.h"
#include "src/handoff.h"
#include "src/link_config.h"

/*
 * How it works
 *
 *   launcher                    gateway process M            child C (PID 1)
 *   clone M (user, net) ──────▶ (absent with --link=tap)
 *   write M's id maps ────────▶ clone C as the launcher's ──▶ (user, net, mount, pid, ...)
 *                               child, write C's id maps
 *   [make a cgroup, move C]
 *   SETUP_MAPPED ───────────────────────────────────────────▶ enter ROOTFS
 *           (SETUP_CONNECTED) ◀── make the veth pair
 *   SETUP_LINK gateway ─────────────────────────────────────▶ (SETUP_PREPARED), configure eth0
 *     (SETUP_LINKED, sockets) ◀── build the rest
 *   [send the forwarder what it needs]
 *              (SETUP_LINKED) ◀────────────────────────────── eth0 is up
 *   [wait until the forwarder is ready]
 *   SETUP_GO ───────────────────────────────────────────────▶ become init, run CMD
 *
 * On a tap link, or where the gateway cannot be completed: SETUP_LINK tap, to which C answers with
 * the TAP (SETUP_LINKED).
 *
 * C's user namespace is a child of M's: root inside has no rights over the gateway, not even
 * through the netns id of its veth peer. M stays behind as the namespace agent, in the host's PID
 * namespace, where the command cannot see it. Both get SIGKILL when the launcher dies.
 */

struct idmap;

struct container_options {
	struct idmap *idmap; /* planned; it becomes what the kernel took */
	enum network_mode network;
	const struct link_config
		*link; /* of NETWORK_USER; kind LINK_AUTO decides by trying; MTU may be 0 */
	struct rootfs_options rootfs;
	const struct limits_options *limits;
	struct command command;
	const char *name;
	const char *hostname; /* NULL: the host's own */
};

struct container {
	const struct privilege *privilege; /* of all commands; the plan's */
	pid_t child;			   /* C, in the caller's PID namespace */
	pid_t command;			   /* CMD, there too; set by container_go() */
	pid_t gateway;			   /* M, or 0 */
	struct cgroup *cgroup;		   /* of C, or NULL */
	pid_t exec_server;		   /* launcher/exec_process.h, or 0 */
	int child_socket;		   /* setup socket of C */
	bool is_prepared;		   /* C lacks nothing but the link */
	int exec_socket; /* of the exec server (launcher/exec_server.h); set by container_go() */
	int gateway_socket;
	int etc_cover;	       /* for etc_cover_refresh(), or -1 */
	int terminal;	       /* master of CMD's new terminal, or -1; set by container_go() */
	enum link_kind kind;   /* what auto came to */
	char *fallback_reason; /* why auto came to tap, or NULL */
	const struct idmap *idmap;
	int fds[HANDOFF_N_FDS]; /* what the forwarder needs, by enum handoff_fd */
};

/* Nothing runs, no descriptor is set. */
void container_init(struct container *container);

/*
 * Starts the processes and brings them to the point where all descriptors are there that the
 * forwarder needs. On failure container_done() takes away what was started. container must be
 * initialised.
 */
bool container_start(struct container *container, const struct container_options *options,
		     GError **error);

/* Waits until CMD could run. */
bool container_settle(struct container *container, GError **error);

/*
 * Lets CMD, the command of container_start()'s options, run. False when it cannot be executed:
 * *ret_status is then what to exit with.
 */
bool container_go(struct container *container, const struct command *command, int *ret_status,
		  GError **error);

/*
 * Lets a paused container go on, for a signal that was sent to it and is meant to end it: what is
 * frozen takes none but SIGKILL, and PID 1 has to see the death of who takes that.
 */
void container_wake(const struct container *container, int number);

/* Kills what is left of the processes, reaps them, closes the descriptors. */
void container_done(struct container *container);
