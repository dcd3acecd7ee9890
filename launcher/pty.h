/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pty - a new terminal for a command (pty(7)) */
#pragma once

#include <stdbool.h>
#include <sys/ioctl.h>

#include <glib.h>

struct pty {
	int master;   /* close-on-exec, non-blocking */
	int terminal; /* the command's side, close-on-exec */
};

/*
 * Opens a terminal of the devpts that the calling process sees, so that ttyname(3) works for the
 * command, and gives it a size. Root inside may have put anything in place of the device: what is
 * no pty is refused.
 */
bool pty_open(const struct winsize *size, struct pty *ret_pty, GError **error);
void pty_close(struct pty *pty);

/*
 * In the process that becomes the command: a session of its own, with terminal as its controlling
 * terminal and standard streams. terminal is closed.
 */
bool pty_take(int terminal, GError **error);
