/* SPDX-License-Identifier: GPL-2.0-or-later */
/* helper - starts and ends netns-forwarder */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/deputy.h"
#include "src/handoff.h"

struct helper {
	pid_t pid;	       /* 0: not running */
	int socket;	       /* hand-over socket; closed by the forwarder's death */
	struct deputy *deputy; /* who has started it, or NULL */
	char *note;	       /* what the user should know of it, or NULL; helper_forget() frees */
};

/*
 * Starts the forwarder next to this program's own binary, else the installed one, in a session of
 * its own. Returns at once: it waits for the start message. state_fd is the container's state
 * directory, which it removes when the launcher dies, from now on; unset if there is none. A deputy
 * starts it for who has one (not NULL).
 */
bool helper_spawn(struct helper *helper, struct deputy *deputy, int state_fd, GError **error);

/* The program; the caller frees. */
char *helper_find(GError **error);
/* In a new process: becomes the program, or sends the socket's other end why not. */
G_NORETURN void helper_execute(const char *program, int socket, int state_fd);

/*
 * Sends the start message, with the host's name servers as they are now. One that has gone already
 * is no failure: why is told to who waits for its answer.
 */
bool helper_tell(struct helper *helper, const struct handoff_start *start, GError **error);

/* Waits until it is ready; ret_ports gets the ports as they were bound, and their sockets. */
bool helper_await(struct helper *helper, struct port_set *ret_ports, GError **error);

/* Kills it, if it runs; SIGCHLD will tell its death. */
void helper_kill(const struct helper *helper);

/* Lets go of one that has died. */
void helper_forget(struct helper *helper);

/*
 * Tells it to leave and waits until it has let go of ports and state directory, but not for its
 * death; kills it when that takes too long.
 */
void helper_done(struct helper *helper);
