/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw_terminal - the user's terminal while every byte of it belongs to a program elsewhere */
#pragma once

#include <stdbool.h>
#include <termios.h>

#include <glib.h>

/*
 * How it works
 *
 * A terminal in raw mode is useless for the shell that gets it back. So a small process waits for
 * our end on a pipe and then puts the old modes back, also after SIGKILL. It does so only if the
 * terminal still has exactly the modes that were set here: what a shell has set since is not
 * touched. The same holds for raw_terminal_leave().
 */
struct raw_terminal {
	int fd;			   /* borrowed, or -1 */
	struct termios saved, raw; /* before, and what the kernel made of raw mode */
	int guard;		   /* the pipe's writing end, or -1 */
};

/* Nothing is raw. */
void raw_terminal_init(struct raw_terminal *terminal);

/* Makes the terminal raw and starts its guard. fd must stay open until raw_terminal_done(). */
bool raw_terminal_start(struct raw_terminal *terminal, int fd, GError **error);

/* Puts the old modes back for a while, and makes the terminal raw again; nothing if not started. */
void raw_terminal_leave(struct raw_terminal *terminal);
void raw_terminal_enter(struct raw_terminal *terminal);

void raw_terminal_done(struct raw_terminal *terminal);
