/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pty - a new terminal for a command (pty(7)) */
#include "launcher/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* Documentation/admin-guide/devices.txt */
#define PTMX_DEVICE makedev(5, 2)

static bool is_multiplexer(int fd)
{
	struct stat st;
	struct statfs fs;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == PTMX_DEVICE &&
	       fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC;
}

bool pty_open(const struct winsize *size, struct pty *ret_pty, GError **error)
{
	/* O_NONBLOCK: a FIFO in its place must not stop us. */
	autoclose int master =
		open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	int unlocked = 0;

	if (master < 0)
		return failure_errno(error, "open \"/dev/pts/ptmx\" for a new terminal");
	if (!is_multiplexer(master)) {
		failure_set(error, ENODEV, "do not mount over /dev/pts inside",
			    "\"/dev/pts/ptmx\" is not the multiplexer of terminals");
		return false;
	}
	/* By descriptor: the path of the other side could be anything, too. */
	int terminal = ioctl(master, TIOCSPTLCK, &unlocked) < 0
			       ? -1
			       : ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		return failure_errno(error, "open a new terminal");
	ioctl(terminal, TIOCSWINSZ, size);
	*ret_pty = (struct pty){.master = g_steal_fd(&master), .terminal = terminal};
	return true;
}

void pty_close(struct pty *pty)
{
	close_fd(&pty->master);
	close_fd(&pty->terminal);
}

bool pty_take(int terminal, GError **error)
{
	if (setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
		return failure_errno(error, "take the new terminal");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (dup2(terminal, fd) < 0)
			return failure_errno(error, "make the new terminal a standard stream");
	}
	close(terminal);
	return true;
}
