/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deputy_errand - what a supervisor and its deputy say to each other, and the deputy's side of it
 */
#include "launcher/deputy_errand.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "launcher/cgroup_keeper.h"
#include "launcher/etc_cover.h"
#include "launcher/helper.h"
#include "launcher/lock_down.h"
#include "launcher/resolver_feed.h"
#include "launcher/scope_gather.h"
#include "link/process.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

struct deputy_work {
	const struct deputy_context *context;
	const struct deputy_errand *errand;
	int fds[2];
	pid_t pid;  /* of what was started */
	int result; /* what was opened, or -1 */
};

/* Who starts it waits for it by SIGCHLD. */
static bool start_forwarder(struct deputy_work *work, GError **error)
{
	g_autofree char *program = helper_find(error);

	if (!program)
		return false;
	work->pid = process_clone(CLONE_PARENT);
	if (work->pid == 0)
		helper_execute(program, work->fds[0], work->context->state_fd);
	return work->pid > 0 || failure_errno(error, "fork");
}

/* One name in the directory, not a way out of it. */
static bool start_cgroup_keeper(struct deputy_work *work, GError **error)
{
	const char *name = work->errand->name;

	if (!*name || *name == '.' || strchr(name, '/')) {
		failure_set(error, EINVAL, NULL, "'%s' is no cgroup's name", name);
		return false;
	}
	work->pid = process_clone(CLONE_PARENT);
	if (work->pid == 0)
		cgroup_keeper_run(work->fds[0], work->fds[1], name, true);
	return work->pid > 0 || failure_errno(error, "fork");
}

static bool gather_scope(struct deputy_work *work, GError **error)
{
	const char *unit = work->errand->name;

	if (g_str_has_prefix(unit, "netns-run-") && g_str_has_suffix(unit, ".scope"))
		return scope_gather(unit, work->context->roots, G_N_ELEMENTS(work->context->roots),
				    error);
	failure_set(error, EINVAL, NULL, "'%s' is no scope of ours", unit);
	return false;
}

static bool abort_tcp(struct deputy_work *work, GError **error G_GNUC_UNUSED)
{
	if (work->context->tcp_abort)
		tcp_abort_connections(work->context->tcp_abort, work->context->link);
	return true;
}

static bool refresh_etc(struct deputy_work *work, GError **error)
{
	return etc_cover_refresh(work->context->etc_cover) ||
	       failure_errno(error, "refresh what covers /etc");
}

static bool remove_pid_file(struct deputy_work *work, GError **error)
{
	const char *path = work->context->pid_file;

	return !path || unlink(path) == 0 || failure_errno(error, "remove %s", path);
}

static bool open_resolv_conf(struct deputy_work *work, GError **error)
{
	work->result = open(RESOLV_CONF_PATH, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return work->result >= 0 || failure_errno(error, "open %s", RESOLV_CONF_PATH);
}

static const struct {
	bool (*run)(struct deputy_work *work, GError **error);
	size_t n_fds;
} errands[DEPUTY_N_KINDS] = {
	[DEPUTY_FORWARDER] = {start_forwarder, 1},
	[DEPUTY_CGROUP_KEEPER] = {start_cgroup_keeper, 2},
	[DEPUTY_SCOPE] = {gather_scope, 0},
	[DEPUTY_TCP_ABORT] = {abort_tcp, 0},
	[DEPUTY_ETC] = {refresh_etc, 0},
	[DEPUTY_PID_FILE] = {remove_pid_file, 0},
	[DEPUTY_RESOLV_CONF] = {open_resolv_conf, 0},
};

static bool answer(int socket, const struct deputy_work *work, const GError *failure)
{
	struct deputy_answer answer = {.done = !failure, .pid = work->pid};

	if (failure) {
		answer.errnum = failure->code;
		g_strlcpy(answer.failure, failure->message, sizeof(answer.failure));
	}
	return fdpass_send(socket, &answer, sizeof(answer), &work->result, work->result >= 0, NULL);
}

static bool is_well_formed(const struct deputy_errand *errand, size_t n_fds)
{
	return (unsigned)errand->kind < DEPUTY_N_KINDS && n_fds == errands[errand->kind].n_fds &&
	       memchr(errand->name, '\0', sizeof(errand->name));
}

/* False when nobody is there any more, or who is there is not what it was. */
static bool do_one(const struct deputy_context *context, int socket)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	struct deputy_errand errand;
	g_autoptr(GError) failure = NULL;
	ssize_t size = fdpass_receive(socket, &errand, sizeof(errand), fds, &n_fds);
	bool good = size == sizeof(errand) && is_well_formed(&errand, n_fds);

	if (good) {
		struct deputy_work work = {.context = context, .errand = &errand, .result = -1};
		memcpy(work.fds, fds, n_fds * sizeof(*fds));
		errands[errand.kind].run(&work, &failure);
		good = answer(socket, &work, failure);
		close_fd(&work.result);
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return good;
}

/* Signals are for the supervisor, as they are blocked or not; the terminal's are for its group. */
static bool settle(const struct deputy_context *context, int socket, GError **error)
{
	const struct tcp_abort *abort = context->tcp_abort;
	const int keep[] = {socket, context->state_fd, abort ? abort->user : -1,
			    abort ? abort->network : -1, context->etc_cover};
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_NAME, "netns-deputy");
	setsid();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return failure_errno(error, "open /dev/null");
	process_close_all_but_these(keep, G_N_ELEMENTS(keep));
	g_steal_fd(&null);
	return lock_down_deputy(error);
}

void deputy_serve(const struct deputy_context *context, int socket)
{
	const struct deputy_work none = {.result = -1};
	g_autoptr(GError) failure = NULL;
	bool settled = settle(context, socket, &failure);

	if (answer(socket, &none, failure) && settled)
		while (do_one(context, socket))
			;
	_exit(settled ? 0 : 1);
}
