/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_raw_terminal - a terminal gets its modes back, whatever becomes of who changed them */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/raw_terminal.h"
#include "tests/unit/pty_pair.h"

#define PATIENCE_MS 20000

/* A process that has made the terminal raw, and is stopped. */
static pid_t start_raw(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct raw_terminal terminal;
		raw_terminal_init(&terminal);
		raw_terminal_start(&terminal, fd, NULL);
		raise(SIGSTOP);
		raw_terminal_done(&terminal);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, NULL, WUNTRACED), ==, pid);
	pty_pair_assert_raw(fd, true);
	return pid;
}

/* The guard is the last one to have the terminal open. */
static void await_guard(struct pty_pair *user)
{
	struct pollfd entry = {.fd = user->master};

	close_fd(&user->slave);
	g_assert_cmpint(poll(&entry, 1, PATIENCE_MS), ==, 1);
	g_assert_true(entry.revents & POLLHUP);
	user->slave = ioctl(user->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	g_assert_cmpint(user->slave, >=, 0);
}

static void end(pid_t pid, int signal_number)
{
	kill(pid, signal_number);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static void test_done(void)
{
	struct pty_pair user = pty_pair_open();
	pid_t pid = start_raw(user.slave);

	end(pid, SIGCONT);
	pty_pair_assert_raw(user.slave, false);
	await_guard(&user);
	close(user.slave);
	close(user.master);
}

static void test_killed(void)
{
	struct pty_pair user = pty_pair_open();
	pid_t pid = start_raw(user.slave);

	end(pid, SIGKILL);
	await_guard(&user);
	pty_pair_assert_raw(user.slave, false);
	close(user.slave);
	close(user.master);
}

/* The shell was faster, and has set modes of its own. */
static void test_others_modes(void)
{
	struct pty_pair user = pty_pair_open();
	pid_t pid = start_raw(user.slave);
	struct termios shell = pty_pair_modes(user.slave);

	shell.c_oflag |= OPOST;
	g_assert_cmpint(tcsetattr(user.slave, TCSANOW, &shell), ==, 0);
	end(pid, SIGKILL);
	await_guard(&user);
	g_assert_true(pty_pair_modes(user.slave).c_oflag & OPOST);
	g_assert_false(pty_pair_modes(user.slave).c_lflag & ICANON);
	close(user.slave);
	close(user.master);
}

static void test_no_terminal(void)
{
	g_autoptr(GError) error = NULL;
	struct raw_terminal terminal;
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	raw_terminal_init(&terminal);
	g_assert_false(raw_terminal_start(&terminal, null, &error));
	g_assert_nonnull(error);
	raw_terminal_done(&terminal);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/raw-terminal/done", test_done);
	g_test_add_func("/raw-terminal/killed", test_killed);
	g_test_add_func("/raw-terminal/others-modes", test_others_modes);
	g_test_add_func("/raw-terminal/no-terminal", test_no_terminal);
	return g_test_run();
}
