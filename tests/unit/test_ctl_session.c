/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ctl_session - netns-ctl's connection to the launcher, and exec over it */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/ctl/exec.h"
#include "src/ctl/session.h"
#include "src/failure.h"
#include "tests/unit/ctl_fixture.h"

#define EXITED(status) "{\"event\":\"exited\",\"status\":" #status "}"
#define DONE	       "{\"return\":{}}"

/* --- session --- */

static void test_call(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	static const struct ctl_step steps[] = {{.replies = {"{\"return\":{\"status\":3}}"}}};
	const struct client_request request = {"web", "wait", NULL, CLIENT_TIMEOUT};
	g_autoptr(GError) error = NULL;

	ctl_fixture_serve(fixture, steps, 1);
	g_autoptr(JsonObject) result = session_call(&request, &error);
	g_assert_no_error(error);
	g_assert_cmpint(json_object_get_int_member(result, "status"), ==, 3);
	ctl_fixture_join(fixture);
	g_assert_cmpstr(ctl_fixture_received(fixture, 0), ==, "{\"execute\":\"wait\"}");
}

struct bad_reply {
	const char *reply; /* NULL: hangs up */
	int code;
	const char *message;
};

static const struct bad_reply bad_replies[] = {
	{"{\"error\":{\"desc\":\"it is paused\",\"hint\":\"resume it\"}}", ECANCELED,
	 "it is paused\nresume it"},
	{"{\"error\":{\"desc\":7}}", ECANCELED, "the request failed"},
	{"{\"return\":[]}", EBADMSG, NULL},
	{"[]", EBADMSG, NULL},
	{"{", EBADMSG, NULL},
	{NULL, ECONNRESET, NULL},
};

static void test_call_fails(struct ctl_fixture *fixture, gconstpointer data)
{
	const struct bad_reply *bad = data;
	const struct ctl_step steps[] = {{.replies = {bad->reply}, .hangs_up = true}};
	const struct client_request request = {"web", "pause", NULL, CLIENT_TIMEOUT};
	g_autoptr(GError) error = NULL;

	ctl_fixture_serve(fixture, steps, 1);
	g_assert_null(session_call(&request, &error));
	g_assert_error(error, FAILURE, bad->code);
	if (bad->message)
		g_assert_cmpstr(error->message, ==, bad->message);
	ctl_fixture_join(fixture);
}

static void test_call_times_out(struct ctl_fixture *fixture G_GNUC_UNUSED,
				gconstpointer data G_GNUC_UNUSED)
{
	const struct client_request request = {"web", "pause", NULL, 20};
	g_autoptr(GError) error = NULL;

	g_assert_null(session_call(&request, &error));
	g_assert_error(error, FAILURE, ETIMEDOUT);
}

static void test_too_large(struct ctl_fixture *fixture G_GNUC_UNUSED,
			   gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *large = g_strnfill(SESSION_MAX_REQUEST, 'x');
	g_autofree char *line = g_strconcat("netns-ctl web exec ", large, NULL);
	struct ctl_request request = ctl_fixture_parse(line);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(exec_run(&request, &error), ==, 125);
	g_assert_error(error, FAILURE, E2BIG);
	g_assert_nonnull(failure_cure(error));
	ctl_request_done(&request);
}

/* --- exec --- */

struct exec_case {
	const char *line, *request;
	struct ctl_step step;
	int status;
	const char *failure; /* its beginning; NULL: none */
};

static const struct exec_case exec_cases[] = {
	{"netns-ctl web exec true",
	 "{\"execute\":\"exec\",\"arguments\":{\"tty\":false,\"argv\":[\"true\"],\"env\":[]}}",
	 {.replies = {"{\"return\":{\"pid\":9}}", EXITED(0)}},
	 0,
	 NULL},
	{"netns-ctl web exec -e A=1=2 -e GIVEN -e MISSING --user 7:8 -w /srv sh -c 'exit 7'",
	 "{\"execute\":\"exec\",\"arguments\":{\"tty\":false,\"argv\":[\"sh\",\"-c\",\"exit 7\"],"
	 "\"env\":[\"A=1=2\",\"GIVEN=here\"],\"user\":\"7:8\",\"workdir\":\"/srv\"}}",
	 {.replies = {"{\"return\":{\"pid\":0}}", "{\"event\":\"other\"}", EXITED(7)}},
	 7,
	 NULL},
	{"netns-ctl web exec nosuch",
	 NULL,
	 {.replies = {"{\"error\":{\"desc\":\"no nosuch\",\"status\":127}}"}},
	 127,
	 "no nosuch"},
	{"netns-ctl web exec true",
	 NULL,
	 {.replies = {"{\"error\":{\"desc\":\"paused\",\"hint\":\"resume\",\"status\":0}}"}},
	 125,
	 "paused\nresume"},
	{"netns-ctl web exec true", NULL, {.hangs_up = true}, 125, "container 'web' has ended"},
	{"netns-ctl web exec true",
	 NULL,
	 {.replies = {"{\"return\":{\"pid\":9}}"}, .hangs_up = true},
	 137,
	 "container 'web' has ended"},
	{"netns-ctl web exec -t true",
	 NULL,
	 {.replies = {"{\"return\":{\"pid\":9}}"}},
	 125,
	 "container 'web' sent no terminal"},
};

static void test_exec(struct ctl_fixture *fixture, gconstpointer data)
{
	const struct exec_case *expected = data;
	struct ctl_request request = ctl_fixture_parse(expected->line);
	g_autoptr(GError) error = NULL;

	g_setenv("GIVEN", "here", TRUE);
	ctl_fixture_serve(fixture, &expected->step, 1);
	g_assert_cmpint(exec_run(&request, &error), ==, expected->status);
	ctl_fixture_join(fixture);
	if (expected->failure)
		g_assert_true(error && g_str_has_prefix(error->message, expected->failure));
	else
		g_assert_no_error(error);
	if (expected->request)
		g_assert_cmpstr(ctl_fixture_received(fixture, 0), ==, expected->request);
	g_assert_cmpint(fixture->streams, ==, !request.options.tty);
	ctl_request_done(&request);
}

static void test_exec_forwards(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	static const struct ctl_step steps[] = {
		{.replies = {"{\"return\":{\"pid\":9}}"}, .raises = SIGTERM},
		{.replies = {DONE, EXITED(143)}},
	};
	struct ctl_request request = ctl_fixture_parse("netns-ctl web exec sleep 9");
	g_autoptr(GError) error = NULL;

	ctl_fixture_serve(fixture, steps, 2);
	g_assert_cmpint(exec_run(&request, &error), ==, 143);
	g_assert_no_error(error);
	ctl_fixture_join(fixture);
	g_assert_cmpstr(ctl_fixture_received(fixture, 1), ==,
			"{\"execute\":\"signal\",\"arguments\":{\"signal\":15}}");
	ctl_request_done(&request);
}

static void test_exec_holds(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	static const struct ctl_step steps[] = {
		{.raises = SIGTERM, .replies = {"{\"return\":{\"pid\":9}}"}, .raises_first = true},
		{.replies = {DONE, EXITED(143)}},
	};
	struct ctl_request request = ctl_fixture_parse("netns-ctl web exec sleep 9");
	g_autoptr(GError) error = NULL;

	ctl_fixture_serve(fixture, steps, 2);
	g_assert_cmpint(exec_run(&request, &error), ==, 143);
	g_assert_no_error(error);
	ctl_fixture_join(fixture);
	ctl_request_done(&request);
}

/* Where no answer comes there is nobody to forward to. */
static void test_exec_given_up(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	static const struct ctl_step steps[] = {{.raises = SIGINT}};
	struct ctl_request request = ctl_fixture_parse("netns-ctl web exec sleep 9");
	g_autoptr(GError) error = NULL;

	ctl_fixture_serve(fixture, steps, 1);
	g_assert_cmpint(exec_run(&request, &error), ==, 130);
	g_assert_no_error(error);
	ctl_fixture_join(fixture);
	g_assert_cmpint(fixture->requests->len, ==, 1);
	ctl_request_done(&request);
}

static int run_exec(void *data)
{
	g_autoptr(GError) error = NULL;
	int status = exec_run(data, &error);

	g_assert_no_error(error);
	return status;
}

static void test_exec_tty(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	autoclose int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	g_assert_cmpint(grantpt(master), ==, 0);
	g_assert_cmpint(unlockpt(master), ==, 0);
	autoclose int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	const struct ctl_step steps[] = {{.replies = {"{\"return\":{\"pid\":9}}", EXITED(5)},
					  .sends = &master,
					  .hangs_up = true}};
	struct ctl_request request = ctl_fixture_parse("netns-ctl web exec -t sh");
	int status;

	g_setenv("TERM", "vt52", TRUE);
	g_assert_cmpint(write(slave, "hello", 5), ==, 5);
	ctl_fixture_serve(fixture, steps, 1);
	g_autofree char *output = ctl_fixture_capture(run_exec, &request, &status);
	ctl_fixture_join(fixture);
	g_assert_cmpint(status, ==, 5);
	g_assert_cmpstr(output, ==, "hello");
	g_assert_cmpint(fixture->n_fds, ==, 0);
	g_assert_cmpstr(ctl_fixture_received(fixture, 0), ==,
			"{\"execute\":\"exec\",\"arguments\":{\"tty\":true,\"argv\":[\"sh\"],"
			"\"env\":[\"TERM=vt52\"]}}");
	ctl_request_done(&request);
}

static void test_exec_arguments_bytes(void)
{
	static const char *const all[] = {"netns-ctl",	    "web", "exec", "--", "-x",
					  "\x01\x1b\"\\\n", NULL};
	static const char *const bad[] = {"netns-ctl", "web", "exec", "a", "\xff", NULL};
	g_autoptr(GError) error = NULL;
	struct ctl_request request;

	g_assert_true(arguments_parse((char **)all, &request, &error));
	g_autoptr(JsonObject) arguments = exec_arguments(&request, NULL, &error);
	g_assert_no_error(error);
	g_autofree char *text = json_to_string(arguments, FALSE);
	g_autoptr(JsonNode) back = json_from_string(text, &error);
	g_assert_no_error(error);
	JsonArray *argv = json_object_get_array_member(json_node_get_object(back), "argv");
	g_assert_cmpint(json_array_get_length(argv), ==, 2);
	g_assert_cmpstr(json_array_get_string_element(argv, 0), ==, "-x");
	g_assert_cmpstr(json_array_get_string_element(argv, 1), ==, all[5]);
	ctl_request_done(&request);

	g_assert_true(arguments_parse((char **)bad, &request, &error));
	g_assert_null(exec_arguments(&request, NULL, &error));
	g_assert_error(error, FAILURE, EILSEQ);
	ctl_request_done(&request);
}

static void add(const char *path, gconstpointer data,
		void (*test)(struct ctl_fixture *, gconstpointer))
{
	g_test_add(path, struct ctl_fixture, data, ctl_fixture_set_up, test, ctl_fixture_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/ctl-session/call", NULL, test_call);
	for (size_t i = 0; i < G_N_ELEMENTS(bad_replies); i++) {
		g_autofree char *path = g_strdup_printf("/ctl-session/call-fails/%zu", i);
		add(path, &bad_replies[i], test_call_fails);
	}
	add("/ctl-session/call-times-out", NULL, test_call_times_out);
	add("/ctl-session/too-large", NULL, test_too_large);
	for (size_t i = 0; i < G_N_ELEMENTS(exec_cases); i++) {
		g_autofree char *path = g_strdup_printf("/ctl-session/exec/%zu", i);
		add(path, &exec_cases[i], test_exec);
	}
	add("/ctl-session/exec-forwards-signals", NULL, test_exec_forwards);
	add("/ctl-session/exec-holds-signals", NULL, test_exec_holds);
	add("/ctl-session/exec-given-up", NULL, test_exec_given_up);
	add("/ctl-session/exec-tty", NULL, test_exec_tty);
	g_test_add_func("/ctl-session/exec-arguments", test_exec_arguments_bytes);
	return g_test_run();
}
