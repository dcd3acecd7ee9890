/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report - tells others about the container: state.json, --info-fd, --pid-file, --ready-fd */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/container.h"
#include "launcher/options.h"
#include "src/json.h"

/*
 * One JSON object: name, pid (launcher), child_pid (CMD), net, link, ifname, mtu, mac, ipv4, ipv6,
 * gateway, gateway6, dns, dns6, ports, rootfs, what report_filesystem() adds, command, cgroup
 * (where it has one), limits, ulimits, capabilities, no_new_privs, seccomp, started (RFC 3339). The
 * caller owns the string; report_update() adds the forwarder.
 */
char *report_json(const struct options *options, const char *name, const struct link_config *link,
		  const struct container *container, const GArray *ports);

/* The members of report_json() that the event "started" has; the caller's. */
JsonObject *report_event(const char *json);

/* What a container's forwarder has been through. */
struct report_forwarder {
	pid_t pid;	   /* of the one that runs; 0: the container has none */
	unsigned restarts; /* since the start */
	unsigned upgrades;
};

/*
 * The text of report_json() with what may have changed since: ports (of struct port_rule), and
 * forwarder, an object of pid, restarts and upgrades. The caller owns the string.
 */
char *report_update(const char *json, const struct report_forwarder *forwarder,
		    const GArray *ports);

/* Writes text and a newline to --info-fd and closes it; nothing when fd is -1. */
bool report_info(int fd, const char *text, GError **error);

/* Writes "1" to --ready-fd and closes it, as slirp4netns does; nothing when fd is -1. */
bool report_ready(int fd, GError **error);

/* Writes the PID and a newline to the file; nothing when path is NULL. */
bool report_pid_file(const char *path, pid_t pid, GError **error);

/* Says on standard error, in program's name, which port each rule got that left it open. */
void report_chosen_ports(const char *program, const GArray *wanted, const GArray *bound);
