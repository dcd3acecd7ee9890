/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd_scope - asks systemd for a delegated cgroup, as a transient scope unit */
#include "launcher/systemd_scope.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/sibling.h"

#define PROGRAM	       "netns-scope"
#define FAILURE_SIZE   1024
#define STATUS_FAILURE 1

/* Reads until the end of the pipe; false when that took too long. */
static bool read_failure(int fd, GString *text)
{
	const gint64 end = g_get_monotonic_time() +
			   (SYSTEMD_SCOPE_TIME_LIMIT_MS + 5000) * G_GINT64_CONSTANT(1000);
	struct pollfd entry = {.fd = fd, .events = POLLIN};
	char buffer[FAILURE_SIZE];

	for (;;) {
		gint64 left = (end - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
		if (left <= 0)
			return false;
		if (poll(&entry, 1, (int)left) <= 0)
			continue;
		ssize_t size = read(fd, buffer, sizeof(buffer));
		if (size <= 0)
			return true;
		g_string_append_len(text, buffer, size);
	}
}

static bool take_failure(const GString *text, GError **error)
{
	char *message = strchr(text->str, '\n');

	if (!message) {
		failure_set(error, EPROTO, NULL, PROGRAM " has crashed");
		return false;
	}
	g_set_error_literal(error, FAILURE, atoi(text->str), message + 1);
	return false;
}

static char **make_argv(const char *verb, const char *unit, const pid_t *pids, size_t n_pids)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	g_strv_builder_add_many(builder, PROGRAM, verb, unit, NULL);
	for (size_t i = 0; i < n_pids; i++) {
		g_autofree char *number = g_strdup_printf("%d", (int)pids[i]);
		g_strv_builder_add(builder, number);
	}
	return g_strv_builder_end(builder);
}

static G_NORETURN void execute(const char *program, char **argv, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(out, STDOUT_FILENO) >= 0)
		execv(program, argv);
	dprintf(out, "%d\nexecute %s: %s", errno, program, g_strerror(errno));
	_exit(STATUS_FAILURE);
}

static bool run(const char *program, char **argv, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	int pipe_fds[2];
	int status;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return failure_errno(error, "make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		execute(program, argv, pipe_fds[1]);
	close(pipe_fds[1]);
	autoclose int in = pipe_fds[0];
	if (pid < 0)
		return failure_errno(error, "fork");
	bool in_time = read_failure(in, text);
	if (!in_time)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (in_time)
		return status == 0 || take_failure(text, error);
	failure_set(error, ETIMEDOUT, NULL, PROGRAM " does not come to an end");
	return false;
}

static bool ask(const char *verb, const char *unit, const pid_t *pids, size_t n_pids,
		GError **error)
{
	g_autofree char *program = sibling_find(PROGRAM, "scope/" PROGRAM, error);
	g_auto(GStrv) argv = make_argv(verb, unit, pids, n_pids);

	return program && run(program, argv, error);
}

bool systemd_scope_start(const char *unit, const pid_t *pids, size_t n_pids, GError **error)
{
	return ask("start", unit, pids, n_pids, error);
}

bool systemd_scope_attach(const char *unit, const pid_t *pids, size_t n_pids, GError **error)
{
	return ask("attach", unit, pids, n_pids, error);
}
