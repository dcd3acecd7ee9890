/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn - a command in namespaces that were made for it */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

struct spawn {
	pid_t pid; /* of a process in the new user and network namespaces; 0: none */
	int socket;
};

/*
 * Starts a process that makes user, network, mount, PID, IPC and UTS namespaces, in which the
 * caller is root, and waits in them. command ends with NULL, and without any word is a shell.
 */
bool spawn_start(struct spawn *spawn, char **command, GError **error);

/* Lets the command run, waits for it, and returns the status to leave with. */
int spawn_run(struct spawn *spawn);

/* Ends it, if it has not run. */
void spawn_done(struct spawn *spawn);
