/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn - starts a command as a child of the calling process and waits until it is executed */
#include "launcher/spawn.h"

#include <unistd.h>

#include "launcher/pty.h"
#include "launcher/setup.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

static bool take_streams(const struct pty *pty, const int *streams, GError **error)
{
	if (pty->terminal >= 0)
		return pty_take(pty->terminal, error);
	/*
	 * A command that came later is no job of the launcher's caller: it neither stops nor is
	 * interrupted with it.
	 */
	if (streams && setsid() < 0)
		return failure_errno(error, "start a session");
	for (int fd = STDIN_FILENO; streams && fd <= STDERR_FILENO; fd++) {
		if (dup2(streams[fd], fd) < 0)
			return failure_errno(error, "take a standard stream");
	}
	return true;
}

static G_NORETURN void become(const struct command *command, const struct pty *pty,
			      const int *streams, int report)
{
	g_autoptr(GError) error = NULL;
	int status = 125;

	if (take_streams(pty, streams, &error))
		command_execute(command, &status, &error);
	setup_send_failed(report, error, status);
	_exit(status);
}

bool spawn_command(const struct command *command, const int *streams, struct spawned *ret_spawned,
		   int *ret_status, GError **error)
{
	struct pty pty = {.master = -1, .terminal = -1};
	int pair[2];

	*ret_status = 125;
	if (command->tty && !pty_open(&command->size, &pty, error))
		return false;
	if (!fdpass_socketpair(pair, error)) {
		pty_close(&pty);
		return false;
	}
	pid_t pid = fork();
	if (pid == 0)
		become(command, &pty, streams, pair[1]);
	close(pair[1]);
	close_fd(&pty.terminal);
	bool executed = pid < 0 ? failure_errno(error, "fork")
				: setup_expect_executed(pair[0], ret_status, error);
	close(pair[0]);
	if (!executed) {
		pty_close(&pty);
		return false;
	}
	*ret_spawned = (struct spawned){.pid = pid, .master = pty.master};
	return true;
}
