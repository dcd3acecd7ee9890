/* SPDX-License-Identifier: GPL-2.0-or-later */
/* init - PID 1 of the container: starts CMD, forwards signals, reaps, runs more commands */
#include "launcher/init.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/exec_server.h"
#include "launcher/pty.h"
#include "launcher/setup.h"
#include "launcher/spawn.h"
#include "launcher/status.h"
#include "launcher/syscall_filter.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"

/*
 * How it works
 *
 * All signals stay blocked and are read from a descriptor. A terminal's signals (Ctrl-C) reach
 * every process of the foreground group, CMD too, so only signals that somebody sent on purpose are
 * forwarded: the kernel's own carry SI_KERNEL. The main loop is a new one: the launcher's was made
 * in another process.
 */

struct init {
	GMainContext *context;
	struct exec_server *server;
	pid_t command; /* CMD; 0 where it is another process's child */
	bool ended;
	int status; /* to leave with */
};

/*
 * PID 1 is in reach of root inside. Not dumpable, it is closed to ptrace(2): nobody takes away its
 * death signal, and /proc/1/exe is no way to the host's binary (CVE-2019-5736).
 */
static bool protect(const struct command *command, GError **error)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return failure_errno(error, "clear the dumpable flag");
	return syscall_filter_install(command->emulate_ids, error);
}

static void reap(struct init *init)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG | WUNTRACED)) > 0) {
		exec_server_reaped(init->server, pid, wait_status);
		if (pid != init->command || WIFSTOPPED(wait_status))
			continue;
		init->status = status_to_exit(wait_status);
		init->ended = true;
	}
}

static bool is_from_terminal(const struct signalfd_siginfo *info)
{
	return info->ssi_code == SI_KERNEL;
}

static void on_signal(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct init *init = opaque;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(init);
	else if (init->command && !is_from_terminal(&info))
		kill(init->command, (int)info.ssi_signo);
}

/* Starts CMD and tells the launcher so, or why not. */
static bool start_command(struct init *init, const struct command *command, int setup_socket)
{
	g_autoptr(GError) error = NULL;
	struct spawned spawned;

	if (!spawn_command(command, NULL, &spawned, &init->status, &error)) {
		setup_send_failed(setup_socket, error, init->status);
		return false;
	}
	init->command = spawned.pid;
	setup_send_fds(setup_socket, SETUP_STARTED, &spawned.master, 1, NULL);
	close_fd(&spawned.master);
	return true;
}

/* Reads signals until CMD, if there is one, has ended. */
static void run_loop(struct init *init)
{
	sigset_t all;

	sigfillset(&all);
	autoclose int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	GSource *source = fd_source_new(init->context, signals, G_IO_IN, on_signal, init);
	while (!init->ended)
		g_main_context_iteration(init->context, TRUE);
	fd_source_free(source);
}

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static int become_command(const struct command *command, int setup_socket)
{
	struct pty pty = {.master = -1, .terminal = -1};
	g_autoptr(GError) error = NULL;
	int status = 125;

	if ((!command->tty || pty_open(&command->size, &pty, &error)) &&
	    setup_send_fds(setup_socket, SETUP_TERMINAL, &pty.master, 1, &error) &&
	    (!command->tty || pty_take(pty.terminal, &error)))
		command_execute(command, &status, &error);
	setup_send_failed(setup_socket, error, status);
	return status;
}

int init_run(const struct command *command, int setup_socket)
{
	struct init init = {.status = 125};
	g_autoptr(GError) error = NULL;

	prctl(PR_SET_NAME, "netns-init");
	block_signals();
	if (!protect(command, &error) || !(init.context = fd_source_context_new(&error))) {
		setup_send_failed(setup_socket, error, init.status);
		return init.status;
	}
	if (command->is_init)
		return become_command(command, setup_socket);
	if (start_command(&init, command, setup_socket)) {
		init.server = exec_server_new(init.context, setup_socket, command);
		run_loop(&init);
	}
	exec_server_free(init.server);
	g_main_context_unref(init.context);
	return init.status;
}

int init_serve(const struct command *base, int socket)
{
	struct init init = {.status = 125};
	g_autoptr(GError) error = NULL;

	prctl(PR_SET_NAME, "netns-exec");
	block_signals();
	if (!setup_expect(socket, SETUP_GO, NULL, &error) || !protect(base, &error) ||
	    !(init.context = fd_source_context_new(&error))) {
		setup_send_failed(socket, error, init.status);
		return init.status;
	}
	setup_send(socket, SETUP_PREPARED, 0, NULL);
	init.server = exec_server_new(init.context, socket, base);
	run_loop(&init);
	return init.status;
}
