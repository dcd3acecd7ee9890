/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deputy - the process that does for a supervisor what that has given up for good */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "link/tcp_abort.h"

/*
 * How it works
 *
 * A supervisor that has locked itself in (launcher/lock_down.h) starts no process, enters no
 * namespace and sees few files. What it needs of these later is done by a fork of it from before,
 * which knows these errands and reads nothing but them:
 *
 *   forwarder       starts the installed netns-forwarder, with a hand-over socket
 *   cgroup keeper   launcher/cgroup_keeper.h, for a cgroup that is made while the container runs
 *   scope           launcher/scope_gather.h, for the container's processes alone
 *   tcp abort       link/tcp_abort.h, in the container's namespaces
 *   etc             etc_cover_refresh() (launcher/etc_cover.h)
 *   pid file        removes it
 *   resolv.conf     opens the host's, wherever that is by then
 *
 * Names, processes and namespaces were told to it before the lock, but for a unit's name and a
 * cgroup's, which it looks at. What it starts becomes the supervisor's child (CLONE_PARENT), and
 * has lost what lock_down_deputy() takes. It ends with the supervisor.
 */
struct deputy;

/* What it does its errands with; what is unset (NULL, -1, 0) is not done. */
struct deputy_context {
	int state_fd;			/* the container's state directory */
	struct tcp_abort *tcp_abort;	/* of the container, */
	const struct link_config *link; /* and its link */
	const char *pid_file;
	int etc_cover;
	pid_t roots[2]; /* of the container's processes */
};

/*
 * Starts it. context is needed only for the call. Of the supervisor's descriptors it keeps
 * standard error and those in the context. NULL on error.
 */
struct deputy *deputy_new(const struct deputy_context *context, GError **error);
/* Waits until it has lost what lock_down_deputy() takes: before any errand. */
bool deputy_await(struct deputy *deputy, GError **error);

/* It may end: no errands from here on. Accepts NULL. */
void deputy_dismiss(struct deputy *deputy);
/* Waits for its end. Accepts NULL. */
void deputy_free(struct deputy *deputy);

/* The errands. Each waits until it is done. */
bool deputy_start_forwarder(struct deputy *deputy, int socket, pid_t *ret_pid, GError **error);
bool deputy_start_cgroup_keeper(struct deputy *deputy, const int fds[2], const char *name,
				pid_t *ret_pid, GError **error);
bool deputy_gather_scope(struct deputy *deputy, const char *unit, GError **error);
/* These are false where there is no deputy (NULL) to do it. What cannot be done fails nothing. */
bool deputy_abort_tcp(struct deputy *deputy);
bool deputy_refresh_etc(struct deputy *deputy);
bool deputy_remove_pid_file(struct deputy *deputy);
/* Returns a descriptor to read from, the caller's; -1 where it cannot be opened. */
int deputy_open_resolv_conf(struct deputy *deputy);
