/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn - starts a command as a child of the calling process and waits until it is executed */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/command.h"

struct spawned {
	pid_t pid;  /* in the caller's PID namespace */
	int master; /* of the command's terminal if it was to have a new one, else -1; the caller's
		     */
};

/*
 * Starts the command, with the three descriptors of streams as its standard streams, or, NULL, the
 * caller's own; with a terminal of its own they are not looked at. When it cannot be executed
 * *ret_status is the exit status that tells why (125, 126, 127).
 */
bool spawn_command(const struct command *command, const int *streams, struct spawned *ret_spawned,
		   int *ret_status, GError **error);
