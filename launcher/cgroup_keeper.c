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

void cgroup_keeper_run(int in, int parent, const char *name, bool is_scope)
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

static bool start(const struct cgroup_keeper_job *job, int in, pid_t *ret_pid, GError **error)
{
	const int fds[2] = {in, job->parent};

	if (job->deputy)
		return deputy_start_cgroup_keeper(job->deputy, fds, job->name, ret_pid, error);
	*ret_pid = fork();
	if (*ret_pid == 0)
		cgroup_keeper_run(in, job->parent, job->name, job->is_scope);
	return *ret_pid > 0 || failure_errno(error, "fork");
}

bool cgroup_keeper_start(struct cgroup_keeper *keeper, const struct cgroup_keeper_job *job,
			 GError **error)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return failure_errno(error, "make a pipe");
	bool started = start(job, pipe_fds[0], &pid, error);
	close(pipe_fds[0]);
	if (!started) {
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
