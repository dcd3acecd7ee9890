/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detach - goes on in the background once CMD runs; and the opposite, death with the parent */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <glib.h>

/*
 * How it works
 *
 *   caller's process                  the launcher, in a session of its own
 *   detach_fork() ──────────────────▶ detach_fork() returns true
 *       waits                         makes the state directory
 *                                     detach_redirect(): output of all that is started is the
 * log's; the launcher's own messages still go to the caller starts CMD prints NAME, exits
 * ◀───────── detach_started() exits with the launcher's ◀────── or fails, and exits status
 *
 * Until CMD runs the launcher gets SIGTERM when the caller's process dies (Ctrl-C, a closed
 * terminal).
 */
struct detach {
	int socket;	  /* to the caller's process, -1 if there is none */
	FILE *own_stderr; /* what `stderr` was, while messages go to the caller; or NULL */
	bool trims;	  /* the log is ours to keep small */
	guint trimmer;	  /* source, or 0 */
};

void detach_init(struct detach *detach);

/*
 * Forks. True in the new process, which is the leader of a session without a terminal, reads from
 * /dev/null and has of the caller's descriptors only 0..2 and those in keep (n_keep; negative ones
 * are skipped). False in the caller's process, at the end of its work: *ret_status is what to exit
 * with, the name of the container has been printed on success; *error is set only when it could not
 * be done.
 */
bool detach_fork(struct detach *detach, const int *keep, size_t n_keep, int *ret_status,
		 GError **error);

/*
 * Opens the log, DIR/output.log by the state directory's descriptor, mode 0600, and makes it
 * descriptors 1 and 2; once CMD runs its beginning is dropped when it gets long. log_file, if not
 * NULL, is appended to instead, and DIR/output.log becomes a symbolic link to it. What the calling
 * process itself prints by GLib or stderr still goes to the caller.
 */
bool detach_redirect(struct detach *detach, int state_fd, const char *log_file, GError **error);

/* CMD runs: lets the caller's process print name and leave, and writes to the log from here on. */
bool detach_started(struct detach *detach, const char *name, GError **error);

void detach_done(struct detach *detach);

/*
 * Lets the calling process be killed when the thread that started it ends (PR_SET_PDEATHSIG of
 * prctl(2)). parent is getppid() as of the start of main(): ESRCH if that is not the parent any
 * more.
 */
bool detach_die_with_parent(pid_t parent, GError **error);
