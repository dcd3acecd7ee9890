/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock_down - what a supervisor gives up once its network is up */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/deputy.h"
#include "launcher/keeper.h"
#include "launcher/record.h"
#include "src/json.h"
#include "src/sandbox_layers.h"

/*
 * How it works
 *
 * When all is started a supervisor is a loop: it waits, hears its forwarder and its clients, writes
 * down what has changed, and takes away what it has made. For the rest it has a deputy, which is
 * forked before. Then, in this order:
 *
 * 1. *privileges*: none by execve(2), no core dumps.
 * 2. *landlock*: the files below, and abstract sockets of nobody (src/landlock.h).
 * 3. *seccomp*: no system call but those of such a loop (launcher/supervisor_calls.h).
 *
 * Files: its state directory to write; /proc and /etc to read; the tree of cgroups, as far as the
 * user may change it; the terminal.
 */

struct lock_down {
	enum sandbox_mode mode;
	bool connects;	       /* to local sockets */
	bool has_cgroups;      /* it may make some, and change them */
	const char *cgroup;    /* path of one that there is already, or NULL */
	bool has_terminal;     /* it has to do with the one of its session */
	struct record *record; /* is told what there is; or NULL */
};

/*
 * Locks the calling process in, for good; it has one thread. Its state directory is state_fd, or
 * -1. What the system does not have is missing, but an error with SANDBOX_REQUIRE. Returns what
 * there is, the caller's: as sandbox_layers_describe() has it; NULL on error.
 */
JsonObject *lock_down_supervisor(const struct lock_down *lock_down, int state_fd, GError **error);

/*
 * Starts a deputy, which the keeper has from then on, and locks the calling process in. With
 * SANDBOX_OFF that is told, and nothing done. *ret_deputy is the caller's, also on failure, or
 * untouched.
 */
bool lock_down_with_deputy(const struct lock_down *lock_down, const struct deputy_context *context,
			   struct keeper *keeper, struct deputy **ret_deputy, GError **error);

/*
 * The calling process, and what it starts (forwarders), gain no privilege by execve(2), leave no
 * core, and fail with EPERM at the system calls that only an attacker would make of them: those
 * that look into or change other processes, load code into the kernel, or reach much of it
 * (io_uring, bpf, perf, keys, ...). Namespaces and mounts stay possible, for the forwarder's
 * sandbox.
 */
bool lock_down_deputy(GError **error);
