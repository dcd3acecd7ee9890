/* SPDX-License-Identifier: GPL-2.0-or-later */
/* background - goes on behind the program that a runtime calls and waits for */
#include "plugins/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "link/process.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/handoff_message.h"
#include "src/standard_streams.h"

/* --- the helper --- */

static void close_others(const int *keep, size_t n_keep, int socket)
{
	g_autofree int *all = g_new(int, n_keep + 1);

	all[0] = socket;
	for (size_t i = 0; i < n_keep; i++)
		all[1 + i] = keep[i];
	process_close_all_but_these(all, n_keep + 1);
}

/* Until somebody waits for it: a network that is half made has to be taken down in order. */
static void block_end(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

static bool enter_background(struct background *background, pid_t caller, GError **error)
{
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (!standard_streams_keep_messages(&background->own_stderr, error))
		return false;
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		return failure_errno(error, "open /dev/null");
	if (chdir("/") < 0)
		return failure_errno(error, "enter /");
	setsid();
	block_end();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == caller)
		return true;
	failure_set(error, ESRCH, NULL, "the caller is gone");
	return false;
}

static bool release_streams(struct background *background, int log_fd, GError **error)
{
	if (log_fd >= 0 && (dup2(log_fd, STDOUT_FILENO) < 0 || dup2(log_fd, STDERR_FILENO) < 0))
		return failure_errno(error, "redirect the output");
	standard_streams_restore_messages(&background->own_stderr);
	return true;
}

static bool tell(struct background *background, JsonObject *message, GError **error)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(root, message);
	bool sent = handoff_message_send(background->socket, root, NULL, 0, error);
	close_fd(&background->socket);
	return sent;
}

bool background_ready(struct background *background, JsonObject *report, int log_fd, GError **error)
{
	JsonObject *message = json_object_new();

	json_object_set_object_member(message, "ready", report ? report : json_object_new());
	/* First of all: the caller leaves as soon as it is told. */
	prctl(PR_SET_PDEATHSIG, 0);
	if (release_streams(background, log_fd, error))
		return tell(background, message, error);
	json_object_unref(message);
	return false;
}

void background_failed(struct background *background, const GError *failure)
{
	JsonObject *message = json_object_new();

	json_object_set_string_member(message, "failed", failure->message);
	json_object_set_int_member(message, "errno", failure->code);
	if (background->socket >= 0)
		tell(background, message, NULL);
	else
		json_object_unref(message);
}

/* Returns if it can go on. */
static void become_helper(struct background *background, pid_t caller)
{
	g_autoptr(GError) error = NULL;

	if (enter_background(background, caller, &error))
		return;
	background_failed(background, error);
	_exit(EXIT_FAILURE);
}

/* --- the caller's process --- */

JsonObject *background_await(struct background *background, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(GError) failure = NULL;
	g_autoptr(JsonNode) root =
		handoff_message_receive(background->socket, fds, &n_fds, &failure);

	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	close_fd(&background->socket);
	if (!root) {
		failure_set(error, EPIPE, NULL, "the helper has died while it made the network");
		return NULL;
	}
	JsonObject *message = json_node_get_object(root);
	JsonObject *report = json_object_get_object_member(message, "ready");
	if (report)
		return json_object_ref(report);
	g_set_error_literal(
		error, FAILURE, (int)json_object_get_int_member(message, "errno"),
		json_object_get_string_member_with_default(message, "failed", "it failed"));
	return NULL;
}

enum background_side background_fork(struct background *background, const int *keep, size_t n_keep,
				     GError **error)
{
	pid_t caller = getpid();
	int pair[2];

	if (!fdpass_socketpair(pair, error))
		return BACKGROUND_FAILED;
	fflush(NULL);
	pid_t pid = fork();
	*background = (struct background){.socket = pair[pid == 0]};
	if (pid == 0) {
		close_others(keep, n_keep, pair[1]);
		become_helper(background, caller);
		return BACKGROUND_HELPER;
	}
	close(pair[1]);
	if (pid > 0)
		return BACKGROUND_CALLER;
	close_fd(&background->socket);
	failure_errno(error, "fork");
	return BACKGROUND_FAILED;
}
