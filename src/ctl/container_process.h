/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container_process - the command of a running container, and proof that it is */
#pragma once

#include <glib.h>

/*
 * How it works
 *
 * state.json names a PID, and a PID may be another's by the time it is used. So the directory
 * /proc/PID is opened first, which stays with one process. That process, or else its parent, must
 * be PID 1 of a namespace below ours and a child of the launcher; and afterwards the launcher must
 * still hold the lock of the container's directory: so long its own PID cannot have become
 * another's, nor can a stranger's process be its child.
 */
struct container_process {
	int pid;	/* here */
	int launcher;	/* the PID of netns-run */
	int proc;	/* the directory /proc/PID, see proc_file.h */
	unsigned depth; /* of its PID namespace below ours, at least 1 */
};

/* Finds it; NULL on error (ENOENT: no such container, EAGAIN: it is starting or ending). */
struct container_process *container_process_open(const char *container, GError **error);
/* Accepts NULL. */
void container_process_free(struct container_process *process);

static inline void container_process_clear(struct container_process **process)
{
	container_process_free(*process);
}

#define autocontainer __attribute__((cleanup(container_process_clear)))

/*
 * A pidfd of the container's launcher (pidfd_open(2)), readable when it has ended, with all that it
 * takes away. -1 on error, as above.
 */
int container_process_open_launcher(const char *container, GError **error);
