/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_foreground - whose the terminal is when a job in its foreground has died */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/foreground.h"

static void take_terminal(int terminal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setpgid(0, 0);
	tcsetpgrp(terminal, getpid());
}

/* As leader of a session on terminal: 0 if the terminal went, or did not go, back to us. */
static int check(int terminal, bool job_dies)
{
	if (setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
		return 1;
	pid_t job = fork();
	if (job == 0) {
		take_terminal(terminal);
		raise(job_dies ? SIGKILL : SIGSTOP);
		_exit(0);
	}
	if (waitpid(job, NULL, WUNTRACED) != job || tcgetpgrp(terminal) != job)
		return 2;
	foreground_reclaim();
	return tcgetpgrp(terminal) == (job_dies ? getpgrp() : job) ? 0 : 3;
}

static void test_job(gconstpointer job_dies)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int wait_status;

	g_assert_cmpint(unlockpt(master), ==, 0);
	int terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	g_assert_cmpint(terminal, >=, 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(check(terminal, GPOINTER_TO_INT(job_dies)));
	g_assert_cmpint(waitpid(pid, &wait_status, 0), ==, pid);
	g_assert_cmpint(wait_status, ==, 0);
	close(terminal);
	close(master);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/foreground/dead-job", GINT_TO_POINTER(1), test_job);
	g_test_add_data_func("/foreground/stopped-job", GINT_TO_POINTER(0), test_job);
	return g_test_run();
}
