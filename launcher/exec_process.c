/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_process - the exec server of a container whose PID 1 is CMD itself */
#include "launcher/exec_process.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/init.h"
#include "link/process.h"
#include "launcher/setup.h"
#include "src/autoclose.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/fdpass.h"

/*
 * Enters the namespaces; that of PIDs only holds for children. To enter the host's network, where
 * we are, would take the host's CAP_SYS_ADMIN.
 */
static bool join(pid_t child, bool host_network, GError **error)
{
	autoclose int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	int network = host_network ? 0 : CLONE_NEWNET;

	if (pidfd < 0 || setns(pidfd, PROCESS_NAMESPACES | CLONE_NEWCGROUP | network) < 0)
		return failure_errno(error, "join the container for netns-ctl exec");
	return true;
}

static G_NORETURN void run_server(const struct command *base, int socket)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	/* Each command brings its own. */
	process_forget_standard_streams();
	_exit(init_serve(base, socket));
}

static G_NORETURN void run_joiner(pid_t child, const struct command *base, int socket)
{
	g_autoptr(GError) error = NULL;

	process_close_all_but(socket, socket);
	descriptor_limit_restore(&base->descriptors);
	/* PID 1's is not inherited here, and once inside the file is closed to us. */
	bool scored = !base->rlimits || rlimits_write_oom_score(base->rlimits, getpid(), &error);
	if (scored && join(child, base->host_network, &error)) {
		pid_t server = process_clone(CLONE_PARENT);
		if (server == 0)
			run_server(base, socket);
		if (server > 0 && setup_send(socket, SETUP_PID, server, NULL))
			_exit(0);
		failure_errno(&error, "start the server of netns-ctl exec");
	}
	setup_send_failed(socket, error, 125);
	_exit(125);
}

static bool await_server(int socket, pid_t *ret_server, GError **error)
{
	int server;

	if (!setup_expect(socket, SETUP_PID, &server, error))
		return false;
	*ret_server = server;
	return setup_send(socket, SETUP_GO, 0, error) &&
	       setup_expect(socket, SETUP_PREPARED, NULL, error);
}

bool exec_process_start(pid_t child, const struct command *base, pid_t *ret_server, int *ret_socket,
			GError **error)
{
	int pair[2];

	if (!fdpass_socketpair(pair, error))
		return false;
	pid_t joiner = fork();
	if (joiner == 0)
		run_joiner(child, base, pair[1]);
	close(pair[1]);
	bool ready = joiner < 0 ? failure_errno(error, "fork")
				: await_server(pair[0], ret_server, error);
	if (joiner > 0)
		waitpid(joiner, NULL, 0);
	if (ready)
		*ret_socket = pair[0];
	else
		close(pair[0]);
	return ready;
}
