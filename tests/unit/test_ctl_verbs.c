/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ctl_verbs - netns-ctl's other verbs against a launcher that follows a script */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/ctl/inspect.h"
#include "src/ctl/lifecycle.h"
#include "src/ctl/logs.h"
#include "src/ctl/resources.h"
#include "src/ctl/stats.h"
#include "src/ctl/signals.h"
#include "src/failure.h"
#include "tests/unit/ctl_fixture.h"

#define DONE "{\"return\":{}}"

typedef bool (*verb_function)(const struct ctl_request *request, GError **error);

struct printed {
	verb_function function;
	struct ctl_request request;
};

static int run_printed(void *data)
{
	struct printed *printed = data;
	g_autoptr(GError) error = NULL;
	bool ok = printed->function(&printed->request, &error);

	g_assert_no_error(error);
	return ok;
}

static char *output_of(const char *line, verb_function function)
{
	struct printed printed = {function, ctl_fixture_parse(line)};
	int status;
	char *text = ctl_fixture_capture(run_printed, &printed, &status);

	g_assert_cmpint(status, ==, true);
	ctl_request_done(&printed.request);
	return text;
}

struct verb_case {
	const char *line;
	verb_function function;
	const char *request, *reply, *output;
};

static const struct verb_case verb_cases[] = {
	{"netns-ctl web kill", lifecycle_kill,
	 "{\"execute\":\"kill\",\"arguments\":{\"signal\":9}}", DONE, ""},
	{"netns-ctl web kill usr1", lifecycle_kill,
	 "{\"execute\":\"kill\",\"arguments\":{\"signal\":10}}", DONE, ""},
	{"netns-ctl web wait", lifecycle_wait, "{\"execute\":\"wait\"}",
	 "{\"return\":{\"status\":137}}", "137\n"},
	{"netns-ctl web pause", lifecycle_pause, "{\"execute\":\"pause\"}", DONE, ""},
	{"netns-ctl web resume", lifecycle_resume, "{\"execute\":\"resume\"}", DONE, ""},
	{"netns-ctl web update --pids-limit 5 --memory 1g", resources_update,
	 "{\"execute\":\"update\",\"arguments\":{\"memory\":\"1g\",\"pids-limit\":\"5\"}}", DONE,
	 ""},
	{"netns-ctl web stats", stats_print, "{\"execute\":\"stats\"}",
	 "{\"return\":{\"memory\":{\"current_bytes\":2048,\"max_bytes\":null,\"stat\":{\"a\":1}},"
	 "\"cpu\":{\"stat\":{\"usage_usec\":1500000},\"max\":\"max\\u001b 1\"},"
	 "\"pids\":{\"current\":3},\"paused\":false,\"swap\":[]}}",
	 "memory                       2.0KiB\n"
	 "memory, limit                none\n"
	 "cpu time                     1.500s\n"
	 "cpu, quota and period in us  max? 1\n"
	 "processes                    3\n"
	 "paused                       false\n"},
	{"netns-ctl web stats", stats_print, "{\"execute\":\"stats\"}",
	 "{\"return\":{\"memory\":7,\"cpu\":{\"stat\":[],\"cpus\":null},\"pids\":{\"max\":{}}}}",
	 "cpus              none\n"
	 "processes, limit  {}\n"},
	{"netns-ctl web stats --json", stats_print, "{\"execute\":\"stats\"}",
	 "{\"return\":{\"pids\":3}}", "{\n  \"pids\": 3\n}\n"},
	{"netns-ctl web inspect", inspect_print, "{\"execute\":\"inspect\"}",
	 "{\"return\":{\"name\":\"web\"}}", "{\n  \"name\": \"web\"\n}\n"},
};

static void test_verb(struct ctl_fixture *fixture, gconstpointer data)
{
	const struct verb_case *expected = data;
	const struct ctl_step steps[] = {{.replies = {expected->reply}}};
	g_autofree char *state = g_strdup_printf("{\"pid\":%d}", getpid());

	g_assert_true(state_dir_write(fixture->dir, state, NULL));
	ctl_fixture_serve(fixture, steps, 1);
	g_autofree char *output = output_of(expected->line, expected->function);
	ctl_fixture_join(fixture);
	g_assert_cmpstr(ctl_fixture_received(fixture, 0), ==, expected->request);
	g_assert_cmpstr(output, ==, expected->output);
}

static void test_inspect_state(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	static const struct ctl_step steps[] = {{.hangs_up = true}};

	g_assert_true(state_dir_write(fixture->dir, "{\"pid\":1}", NULL));
	ctl_fixture_serve(fixture, steps, 1);
	g_autofree char *output = output_of("netns-ctl web inspect", inspect_print);
	ctl_fixture_join(fixture);
	g_assert_cmpstr(output, ==, "{\n  \"pid\": 1\n}\n");
}

static pid_t start_launcher(struct ctl_fixture *fixture)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	g_autofree char *state =
		g_strdup_printf("{\"pid\":%d,\"child_pid\":%d,\"command\":[\"x\"]}", pid, pid);
	g_assert_true(state_dir_write(fixture->dir, state, NULL));
	return pid;
}

/* data: whether the first signal ends the container. */
static void test_stop(struct ctl_fixture *fixture, gconstpointer data)
{
	bool obeys = data;
	pid_t launcher = start_launcher(fixture);
	const struct ctl_step steps[] = {
		{.replies = {DONE}, .kills = obeys ? &launcher : NULL},
		{.replies = {DONE}, .kills = &launcher},
	};

	ctl_fixture_serve(fixture, steps, obeys ? 1 : 2);
	g_autofree char *output = output_of(
		obeys ? "netns-ctl web stop -t 600" : "netns-ctl web stop -t 1", lifecycle_stop);
	ctl_fixture_join(fixture);
	g_assert_cmpint(waitpid(launcher, NULL, 0), ==, launcher);
	g_assert_cmpstr(output, ==, "");
	g_assert_cmpstr(ctl_fixture_received(fixture, 0), ==,
			"{\"execute\":\"kill\",\"arguments\":{\"signal\":15}}");
	if (!obeys)
		g_assert_cmpstr(ctl_fixture_received(fixture, 1), ==,
				"{\"execute\":\"kill\",\"arguments\":{\"signal\":9}}");
}

/* The launcher may go before it has answered. */
static void test_stop_unanswered(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	pid_t launcher = start_launcher(fixture);
	const struct ctl_step steps[] = {{.kills = &launcher, .hangs_up = true}};

	ctl_fixture_serve(fixture, steps, 1);
	g_autofree char *output = output_of("netns-ctl web stop -t 0", lifecycle_stop);
	ctl_fixture_join(fixture);
	g_assert_cmpint(waitpid(launcher, NULL, 0), ==, launcher);
	g_assert_cmpstr(ctl_fixture_received(fixture, 0), ==,
			"{\"execute\":\"kill\",\"arguments\":{\"signal\":9}}");
}

static char *log_path(const struct ctl_fixture *fixture)
{
	return g_build_filename(state_dir_path(fixture->dir), "output.log", NULL);
}

static void test_logs(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	pid_t launcher = start_launcher(fixture);
	g_autofree char *path = log_path(fixture);
	struct ctl_request request = ctl_fixture_parse("netns-ctl web logs");
	g_autoptr(GError) error = NULL;

	g_assert_false(logs_print(&request, &error));
	g_assert_error(error, FAILURE, ENOENT);
	g_clear_error(&error);
	g_assert_true(g_file_set_contents(path, "one\n\033two\n", -1, NULL));
	g_autofree char *output = output_of("netns-ctl web logs", logs_print);
	g_assert_cmpstr(output, ==, "one\n\033two\n");
	ctl_request_done(&request);
	kill(launcher, SIGKILL);
	g_assert_cmpint(waitpid(launcher, NULL, 0), ==, launcher);
}

/* The beginning has been given back, up to the middle of a line. */
static void test_logs_trimmed(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	const off_t hole = 1 << 20;
	pid_t launcher = start_launcher(fixture);
	g_autofree char *path = log_path(fixture);
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	g_assert_cmpint(pwrite(fd, "cut\nwhole\n", 10, hole), ==, 10);
	bool has_holes = lseek(fd, 0, SEEK_DATA) == hole;
	g_autofree char *output = output_of("netns-ctl web logs", logs_print);
	if (has_holes)
		g_assert_cmpstr(output, ==, "whole\n");
	else
		g_test_skip("a file system without holes");
	kill(launcher, SIGKILL);
	g_assert_cmpint(waitpid(launcher, NULL, 0), ==, launcher);
}

struct writer {
	const char *path;
	pid_t launcher;
};

static gpointer write_more(gpointer data)
{
	const struct writer *writer = data;
	autoclose int fd = open(writer->path, O_WRONLY | O_APPEND | O_CLOEXEC);

	for (unsigned i = 0; i < 100; i++)
		g_assert_cmpint(write(fd, "more\n", 5), ==, 5);
	kill(writer->launcher, SIGKILL);
	return NULL;
}

static void test_logs_follow(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *path = log_path(fixture);
	struct writer writer = {path, start_launcher(fixture)};

	g_assert_true(g_file_set_contents(path, "one\n", -1, NULL));
	GThread *thread = g_thread_new("writer", write_more, &writer);
	g_autofree char *output = output_of("netns-ctl web logs -f", logs_print);
	g_thread_join(thread);
	g_assert_cmpint(waitpid(writer.launcher, NULL, 0), ==, writer.launcher);
	g_assert_cmpint(strlen(output), ==, 504);
	g_assert_true(g_str_has_prefix(output, "one\nmore\n"));
}

static void test_signals(void)
{
	static const struct {
		const char *text;
		int number;
	} signals[] = {
		{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"sigterm", SIGTERM}, {"15", SIGTERM},
		{"9", SIGKILL},	   {"USR1", SIGUSR1},	 {"64", 64},
	};
	static const char *const bad[] = {"",	    "0",	 "65",	     "-9",
					  "SIG",    "TERMINATE", "RTMIN+99", "RTMIN-1",
					  "RTMIN+", "15x",	 "SIG15"};
	g_autoptr(GError) error = NULL;
	int number;

	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		g_assert_true(signals_parse(signals[i].text, &number, &error));
		g_assert_cmpint(number, ==, signals[i].number);
	}
	g_assert_true(signals_parse("SIGRTMIN+1", &number, &error));
	g_assert_cmpint(number, ==, SIGRTMIN + 1);
	g_assert_true(signals_parse("rtmax", &number, &error));
	g_assert_cmpint(number, ==, SIGRTMAX);
	g_assert_true(signals_parse("RTMAX-2", &number, &error));
	g_assert_cmpint(number, ==, SIGRTMAX - 2);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		if (signals_parse(bad[i], &number, &error))
			g_error("'%s' was taken", bad[i]);
		g_assert_nonnull(failure_cure(error));
		g_clear_error(&error);
	}
}

static void add(const char *path, gconstpointer data,
		void (*test)(struct ctl_fixture *, gconstpointer))
{
	g_test_add(path, struct ctl_fixture, data, ctl_fixture_set_up, test, ctl_fixture_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctl-verbs/signals", test_signals);
	for (size_t i = 0; i < G_N_ELEMENTS(verb_cases); i++) {
		g_autofree char *path = g_strdup_printf("/ctl-verbs/verb/%zu", i);
		add(path, &verb_cases[i], test_verb);
	}
	add("/ctl-verbs/inspect-state", NULL, test_inspect_state);
	add("/ctl-verbs/stop", GINT_TO_POINTER(1), test_stop);
	add("/ctl-verbs/stop-kills", NULL, test_stop);
	add("/ctl-verbs/stop-unanswered", NULL, test_stop_unanswered);
	add("/ctl-verbs/logs", NULL, test_logs);
	add("/ctl-verbs/logs-trimmed", NULL, test_logs_trimmed);
	add("/ctl-verbs/logs-follow", NULL, test_logs_follow);
	return g_test_run();
}
