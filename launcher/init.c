/* SPDX-License-Identifier: GPL-2.0-or-later */
/* init - PID 1 of the container: starts CMD, forwards signals, reaps */
#include "launcher/init.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/setup.h"
#include "launcher/syscall_filter.h"
#include "src/failure.h"

/*
 * How it works
 *
 * All signals stay blocked and are taken with sigwaitinfo(2). A terminal's signals (Ctrl-C) reach
 * every process of the foreground group, CMD too, so only signals that somebody sent on purpose are
 * forwarded: the kernel's own carry SI_KERNEL.
 */

static G_NORETURN void run_command(const struct command *command, int setup_socket, int exec_pipe)
{
	g_autoptr(GError) error = NULL;
	int status = 125;

	command_execute(command, &status, &error);
	setup_send_failed(setup_socket, error, status);
	/* What the pipe's end alone would say is: executed. */
	if (write(exec_pipe, "", 1) < 0)
		status = 125;
	_exit(status);
}

/* Starts CMD and waits until it has been executed; -1 on failure, which has been reported then. */
static pid_t start_command(const struct command *command, int setup_socket)
{
	g_autoptr(GError) error = NULL;
	int pipe_fds[2];
	char byte;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		failure_errno(&error, "make a pipe");
		setup_send_failed(setup_socket, error, 125);
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0)
		run_command(command, setup_socket, pipe_fds[1]);
	close(pipe_fds[1]);
	if (pid < 0) {
		failure_errno(&error, "fork");
		setup_send_failed(setup_socket, error, 125);
	} else if (read(pipe_fds[0], &byte, 1) == 0) {
		setup_send(setup_socket, SETUP_STARTED, 0, NULL);
	}
	close(pipe_fds[0]);
	return pid;
}

/*
 * PID 1 is in reach of root inside. Not dumpable, it is closed to ptrace(2): nobody takes away its
 * death signal, and /proc/1/exe is no way to the host's binary (CVE-2019-5736).
 */
static bool protect(const struct command *command, int setup_socket)
{
	g_autoptr(GError) error = NULL;

	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		failure_errno(&error, "clear the dumpable flag");
	else if (syscall_filter_install(command->emulate_ids, &error))
		return true;
	setup_send_failed(setup_socket, error, 125);
	return false;
}

static int exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* True when the command was among those reaped. */
static bool reap(pid_t command, int *ret_status)
{
	bool ended = false;
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		*ret_status = exit_status(wait_status);
		ended = true;
	}
	return ended;
}

static bool is_from_terminal(const siginfo_t *info)
{
	return info->si_code == SI_KERNEL;
}

int init_run(const struct command *command, int setup_socket)
{
	sigset_t all;
	siginfo_t info;
	int status = 125;

	prctl(PR_SET_NAME, "netns-init");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (!protect(command, setup_socket))
		return status;
	pid_t pid = start_command(command, setup_socket);
	close(setup_socket);
	if (pid < 0)
		return status;
	for (;;) {
		int number = sigwaitinfo(&all, &info);
		if (number == SIGCHLD && reap(pid, &status))
			return status;
		if (number > 0 && number != SIGCHLD && !is_from_terminal(&info))
			kill(pid, number);
	}
}
