/* SPDX-License-Identifier: GPL-2.0-or-later */
/* foreground - gives the caller's terminal back to the caller's process group */
#include "launcher/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "src/autoclose.h"

void foreground_reclaim(void)
{
	autoclose int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t group = terminal < 0 ? -1 : tcgetpgrp(terminal);
	sigset_t blocked, old;

	if (group <= 0 || group == getpgrp() || kill(-group, 0) == 0 || errno != ESRCH)
		return;
	/* We are in the background: unblocked, the signal would stop us. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTTOU);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	tcsetpgrp(terminal, getpgrp());
	sigprocmask(SIG_SETMASK, &old, NULL);
}
