/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pty_pair - both sides of a pty, for tests of terminals */
#include "tests/unit/pty_pair.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <glib.h>

struct pty_pair pty_pair_open(void)
{
	struct pty_pair pty = {.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};

	g_assert_cmpint(pty.master, >=, 0);
	g_assert_cmpint(unlockpt(pty.master), ==, 0);
	pty.slave = ioctl(pty.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	g_assert_cmpint(pty.slave, >=, 0);
	return pty;
}

struct termios pty_pair_modes(int fd)
{
	struct termios modes;

	g_assert_cmpint(tcgetattr(fd, &modes), ==, 0);
	return modes;
}

void pty_pair_assert_raw(int fd, bool raw)
{
	struct termios modes = pty_pair_modes(fd);

	g_assert_cmpint(!(modes.c_lflag & ICANON), ==, raw);
	g_assert_cmpint(!(modes.c_lflag & ECHO), ==, raw);
	g_assert_cmpint(!(modes.c_oflag & OPOST), ==, raw);
}
