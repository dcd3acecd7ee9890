/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw_terminal - the user's terminal while every byte of it belongs to a program elsewhere */
#include "src/raw_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

static bool modes_equal(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

static void restore(const struct raw_terminal *terminal)
{
	struct termios now;

	if (tcgetattr(terminal->fd, &now) == 0 && modes_equal(&now, &terminal->raw))
		tcsetattr(terminal->fd, TCSANOW, &terminal->saved);
}

/*
 * In a session of its own the kernel does not stop it for touching the terminal (SIGTTOU), and no
 * hang-up of the terminal ends it early.
 */
static G_NORETURN void run_guard(struct raw_terminal terminal, int pipe_end)
{
	sigset_t all;
	char byte;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "netns-terminal");
	if (dup2(terminal.fd, STDIN_FILENO) < 0 || dup2(pipe_end, STDOUT_FILENO) < 0)
		_exit(1);
	close_range(STDERR_FILENO, ~0U, 0);
	terminal.fd = STDIN_FILENO;
	while (read(STDOUT_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	restore(&terminal);
	_exit(0);
}

/* Nobody's child: it may live on a little longer than we do. */
static void start_guard(struct raw_terminal *terminal)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		if (fork() == 0)
			run_guard(*terminal, ends[0]);
		_exit(0);
	}
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	terminal->guard = ends[1];
}

void raw_terminal_init(struct raw_terminal *terminal)
{
	*terminal = (struct raw_terminal){.fd = -1, .guard = -1};
}

bool raw_terminal_start(struct raw_terminal *terminal, int fd, GError **error)
{
	struct termios saved, raw;

	if (tcgetattr(fd, &saved) < 0)
		return failure_errno(error, "get the modes of the terminal");
	raw = saved;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0 || tcgetattr(fd, &raw) < 0)
		return failure_errno(error, "set the modes of the terminal");
	*terminal = (struct raw_terminal){.fd = fd, .saved = saved, .raw = raw, .guard = -1};
	start_guard(terminal);
	return true;
}

void raw_terminal_leave(struct raw_terminal *terminal)
{
	sigset_t blocked, old;

	if (terminal->fd < 0)
		return;
	/* In the background it would stop us: but what is still raw is ours to put back. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTTOU);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	restore(terminal);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void raw_terminal_enter(struct raw_terminal *terminal)
{
	if (terminal->fd >= 0)
		tcsetattr(terminal->fd, TCSANOW, &terminal->raw);
}

void raw_terminal_done(struct raw_terminal *terminal)
{
	raw_terminal_leave(terminal);
	close_fd(&terminal->guard);
	terminal->fd = -1;
}
