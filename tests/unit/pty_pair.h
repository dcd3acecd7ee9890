/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pty_pair - both sides of a pty, for tests of terminals */
#pragma once

#include <stdbool.h>
#include <termios.h>

struct pty_pair {
	int master, slave; /* close-on-exec; the caller's */
};

/* These end the test when something is not as it should be. */
struct pty_pair pty_pair_open(void);
struct termios pty_pair_modes(int fd);
/* Raw, or as a terminal is from the start. */
void pty_pair_assert_raw(int fd, bool raw);
