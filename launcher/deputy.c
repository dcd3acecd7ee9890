/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deputy - the process that does for a supervisor what that has given up for good */
#include "launcher/deputy.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/deputy_errand.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

struct deputy {
	pid_t pid;
	int socket;
};

static bool is_gone(GError **error)
{
	failure_set(error, EPIPE, NULL, "the process that starts others for us has died");
	return false;
}

/* What of the answer nobody wants (NULL) is lost. */
static bool receive_answer(const struct deputy *deputy, pid_t *ret_pid, int *ret_fd, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	struct deputy_answer answer = {0};
	ssize_t size;

	do
		size = fdpass_receive(deputy->socket, &answer, sizeof(answer), fds, &n_fds);
	while (size < 0 && errno == EINTR);
	for (size_t i = 0; i < n_fds; i++) {
		if (ret_fd && i == 0)
			*ret_fd = fds[i];
		else
			close(fds[i]);
	}
	if (size != sizeof(answer))
		return is_gone(error);
	if (ret_pid)
		*ret_pid = answer.pid;
	if (!answer.done)
		g_set_error_literal(error, FAILURE, answer.errnum, answer.failure);
	return answer.done;
}

struct deputy *deputy_new(const struct deputy_context *context, GError **error)
{
	int pair[2];

	if (!fdpass_socketpair(pair, error))
		return NULL;
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		deputy_serve(context, pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		failure_errno(error, "fork");
		close(pair[0]);
		return NULL;
	}
	struct deputy *deputy = g_new(struct deputy, 1);
	*deputy = (struct deputy){.pid = pid, .socket = pair[0]};
	return deputy;
}

bool deputy_await(struct deputy *deputy, GError **error)
{
	return receive_answer(deputy, NULL, NULL, error);
}

void deputy_dismiss(struct deputy *deputy)
{
	if (deputy)
		close_fd(&deputy->socket);
}

void deputy_free(struct deputy *deputy)
{
	if (!deputy)
		return;
	deputy_dismiss(deputy);
	while (waitpid(deputy->pid, NULL, 0) < 0 && errno == EINTR)
		;
	g_free(deputy);
}

static bool send_on(struct deputy *deputy, const struct deputy_errand *errand, const int *fds,
		    size_t n_fds, GError **error)
{
	return fdpass_send(deputy->socket, errand, sizeof(*errand), fds, n_fds, NULL) ||
	       is_gone(error);
}

static bool take_name(struct deputy_errand *errand, const char *name, GError **error)
{
	if (g_strlcpy(errand->name, name, sizeof(errand->name)) < sizeof(errand->name))
		return true;
	failure_set(error, ENAMETOOLONG, NULL, "the name '%s' is too long", name);
	return false;
}

bool deputy_start_forwarder(struct deputy *deputy, int socket, pid_t *ret_pid, GError **error)
{
	const struct deputy_errand errand = {.kind = DEPUTY_FORWARDER};

	return send_on(deputy, &errand, &socket, 1, error) &&
	       receive_answer(deputy, ret_pid, NULL, error);
}

bool deputy_start_cgroup_keeper(struct deputy *deputy, const int fds[2], const char *name,
				pid_t *ret_pid, GError **error)
{
	struct deputy_errand errand = {.kind = DEPUTY_CGROUP_KEEPER};

	return take_name(&errand, name, error) && send_on(deputy, &errand, fds, 2, error) &&
	       receive_answer(deputy, ret_pid, NULL, error);
}

bool deputy_gather_scope(struct deputy *deputy, const char *unit, GError **error)
{
	struct deputy_errand errand = {.kind = DEPUTY_SCOPE};

	return take_name(&errand, unit, error) && send_on(deputy, &errand, NULL, 0, error) &&
	       receive_answer(deputy, NULL, NULL, error);
}

static bool have_done(struct deputy *deputy, enum deputy_kind kind)
{
	const struct deputy_errand errand = {.kind = kind};

	if (deputy && send_on(deputy, &errand, NULL, 0, NULL))
		receive_answer(deputy, NULL, NULL, NULL);
	return deputy;
}

bool deputy_abort_tcp(struct deputy *deputy)
{
	return have_done(deputy, DEPUTY_TCP_ABORT);
}

bool deputy_refresh_etc(struct deputy *deputy)
{
	return have_done(deputy, DEPUTY_ETC);
}

bool deputy_remove_pid_file(struct deputy *deputy)
{
	return have_done(deputy, DEPUTY_PID_FILE);
}

int deputy_open_resolv_conf(struct deputy *deputy)
{
	const struct deputy_errand errand = {.kind = DEPUTY_RESOLV_CONF};
	autoclose int fd = -1;

	if (!send_on(deputy, &errand, NULL, 0, NULL) || !receive_answer(deputy, NULL, &fd, NULL))
		return -1;
	return g_steal_fd(&fd);
}
