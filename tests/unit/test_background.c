/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_background - unit tests of plugins/background.c */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "plugins/background.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* Long enough for any machine, short enough for a test that hangs. */
#define PATIENCE_MS 20000

static struct background start(const int *keep, size_t n_keep, bool *ret_is_helper)
{
	struct background background;
	g_autoptr(GError) error = NULL;
	enum background_side side = background_fork(&background, keep, n_keep, &error);

	g_assert_no_error(error);
	g_assert_cmpint(side, !=, BACKGROUND_FAILED);
	*ret_is_helper = side == BACKGROUND_HELPER;
	return background;
}

/* End of file or a hang-up: no process has the other end any more. */
static void await_closed(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};
	char byte;

	g_assert_cmpint(poll(&entry, 1, PATIENCE_MS), ==, 1);
	g_assert_cmpint(read(fd, &byte, 1), ==, 0);
}

static void reap(void)
{
	int status;

	g_assert_cmpint(wait(&status), >, 0);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void test_report(void)
{
	bool is_helper;
	g_autoptr(GError) error = NULL;
	struct background background = start(NULL, 0, &is_helper);

	if (is_helper) {
		JsonObject *report = json_object_new();
		json_object_set_int_member(report, "session", getsid(0) == getpid());
		_exit(background_ready(&background, report, -1, NULL) ? 0 : 1);
	}
	g_autoptr(JsonObject) report = background_await(&background, &error);
	g_assert_no_error(error);
	g_assert_cmpint(json_object_get_int_member(report, "session"), ==, 1);
	reap();
}

static void test_failure(void)
{
	bool is_helper;
	g_autoptr(GError) error = NULL;
	struct background background = start(NULL, 0, &is_helper);

	if (is_helper) {
		failure_set(&error, EADDRINUSE, "take another", "port 1 is taken");
		background_failed(&background, error);
		_exit(0);
	}
	g_assert_null(background_await(&background, &error));
	g_assert_error(error, FAILURE, EADDRINUSE);
	g_assert_cmpstr(error->message, ==, "port 1 is taken\ntake another");
	reap();
}

static void test_death(void)
{
	bool is_helper;
	g_autoptr(GError) error = NULL;
	struct background background = start(NULL, 0, &is_helper);

	if (is_helper)
		_exit(0);
	g_assert_null(background_await(&background, &error));
	g_assert_error(error, FAILURE, EPIPE);
	reap();
}

/* What a program that it executes would have. */
static bool is_null(int fd)
{
	struct stat it, null;

	return fstat(fd, &it) == 0 && stat("/dev/null", &null) == 0 && it.st_rdev == null.st_rdev;
}

/* As the sessions that helpers serve: the signal is blocked, and may have come before. */
static G_NORETURN void await_end(void)
{
	sigset_t signals;
	int signal;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	_exit(sigwait(&signals, &signal) == 0 ? 0 : 1);
}

/* A caller whose output is a pipe, and a descriptor that the helper is to keep. */
static pid_t call(int output, int kept, bool ends_early)
{
	pid_t pid = fork();
	bool is_helper;

	if (pid != 0)
		return pid;
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	struct background background = start(&kept, 1, &is_helper);
	if (is_helper) {
		if (!is_null(STDIN_FILENO) || !is_null(STDOUT_FILENO) || !is_null(STDERR_FILENO))
			_exit(1);
		if (!ends_early && !background_ready(&background, NULL, -1, NULL))
			_exit(1);
		await_end();
	}
	if (ends_early)
		raise(SIGKILL);
	g_autoptr(JsonObject) report = background_await(&background, NULL);
	_exit(report ? 0 : 1);
}

static void assert_open(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	g_assert_cmpint(poll(&entry, 1, 0), ==, 0);
}

/* Who reads the caller's pipes waits for the helper no longer than until it is ready. */
static void test_streams_released(void)
{
	int output[2], kept[2], status;

	g_assert_cmpint(pipe2(output, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(kept, O_CLOEXEC), ==, 0);
	/* The helper becomes ours. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t caller = call(output[1], kept[1], false);
	close(output[1]);
	close(kept[1]);
	await_closed(output[0]);
	g_assert_cmpint(waitpid(caller, &status, 0), ==, caller);
	g_assert_cmpint(status, ==, 0);
	assert_open(kept[0]);
	g_autofree char *children = NULL;
	g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
	g_assert_true(g_file_get_contents(path, &children, NULL, NULL));
	pid_t helper = (pid_t)atoi(children);
	g_assert_cmpint(helper, >, 0);
	kill(helper, SIGKILL);
	await_closed(kept[0]);
	waitpid(helper, NULL, 0);
	close(output[0]);
	close(kept[0]);
}

static void test_caller_dies(void)
{
	int output[2], kept[2];

	g_assert_cmpint(pipe2(output, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(kept, O_CLOEXEC), ==, 0);
	pid_t caller = call(output[1], kept[1], true);
	close(output[1]);
	close(kept[1]);
	await_closed(kept[0]);
	await_closed(output[0]);
	waitpid(caller, NULL, 0);
	close(output[0]);
	close(kept[0]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/background/report", test_report);
	g_test_add_func("/background/failure", test_failure);
	g_test_add_func("/background/death", test_death);
	g_test_add_func("/background/streams-released", test_streams_released);
	g_test_add_func("/background/caller-dies", test_caller_dies);
	return g_test_run();
}
