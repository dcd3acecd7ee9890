/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_keeper - the process that removes a cgroup when the launcher is gone */
#include "launcher/cgroup_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/cgroup_dir.h"
#include "link/process.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define TIME_LIMIT_MS	    5000
#define SCOPE_TIME_LIMIT_MS 1000

void cgroup_keeper_init(struct cgroup_keeper *keeper)
{
	*keeper = (struct cgroup_keeper){.pipe = -1};
}

static G_NORETURN void run(int in, int parent, const char *name, bool is_scope)
{
	sigset_t all;
	char byte;

	prctl(PR_SET_NAME, "netns-cgroup");
	/* Signals to the launcher's group are not for this process: it would leave the cgroup. */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	process_close_all_but(in, parent);
	process_forget_standard_streams();
	while (read(in, &byte, 1) < 0 && errno == EINTR)
		;
	bool removed = cgroup_dir_remove(parent, name, TIME_LIMIT_MS);
	if (is_scope)
		cgroup_dir_await_removal(parent, SCOPE_TIME_LIMIT_MS);
	_exit(removed ? 0 : 1);
}

bool cgroup_keeper_start(struct cgroup_keeper *keeper, int parent, const char *name, bool is_scope,
			 GError **error)
{
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return failure_errno(error, "make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		run(pipe_fds[0], parent, name, is_scope);
	close(pipe_fds[0]);
	if (pid < 0) {
		failure_errno(error, "fork");
		close(pipe_fds[1]);
		return false;
	}
	*keeper = (struct cgroup_keeper){.pid = pid, .pipe = pipe_fds[1]};
	return true;
}

void cgroup_keeper_cancel(struct cgroup_keeper *keeper)
{
	if (keeper->pid > 0)
		kill(keeper->pid, SIGKILL);
	cgroup_keeper_done(keeper);
}

void cgroup_keeper_done(struct cgroup_keeper *keeper)
{
	close_fd(&keeper->pipe);
	while (keeper->pid > 0 && waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	keeper->pid = 0;
}
