/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_exec_request - `exec` messages, right and wrong, and what they inherit */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "launcher/exec_request.h"
#include "src/failure.h"

static char *const base_environment[] = {(char *)"PATH=/bin", (char *)"LANG=C",
					 (char *)"HOME=/root", NULL};
static const struct command base = {.environment = base_environment,
				    .directory = "/srv",
				    .is_init = true,
				    .emulate_ids = true,
				    .user = "root"};

static bool parse(const char *text, struct exec_request *ret_request, GError **error)
{
	return exec_request_parse(text, strlen(text), &base, ret_request, error);
}

static void test_defaults(void)
{
	struct exec_request request;
	const char *text = "{\"execute\":\"exec\",\"arguments\":{\"argv\":[\"ls\",\"-l\"]}}";

	g_assert_true(parse(text, &request, NULL));
	g_autofree char *argv = g_strjoinv(" ", (char **)request.command.argv);
	g_autofree char *environment = g_strjoinv(" ", (char **)request.command.environment);
	g_assert_cmpstr(argv, ==, "ls -l");
	g_assert_cmpstr(environment, ==, "PATH=/bin LANG=C HOME=/root");
	g_assert_cmpstr(request.command.directory, ==, "/srv");
	g_assert_cmpstr(request.command.user, ==, "root");
	g_assert_false(request.command.directory_required);
	g_assert_false(request.command.tty || request.command.is_init);
	g_assert_true(request.command.emulate_ids);
	exec_request_done(&request);
}

static void test_overrides(void)
{
	struct exec_request request;
	const char *text = "{\"execute\":\"exec\",\"arguments\":{\"argv\":[\"sh\"],\"tty\":true,"
			   "\"env\":[\"LANG=de\",\"X=a=b\",\"junk\",\"=y\"],\"workdir\":\"/tmp\","
			   "\"user\":\"web\"}}";

	g_assert_true(parse(text, &request, NULL));
	g_autofree char *environment = g_strjoinv(" ", (char **)request.command.environment);
	g_assert_cmpstr(environment, ==, "PATH=/bin LANG=de X=a=b");
	g_assert_cmpstr(request.command.directory, ==, "/tmp");
	g_assert_cmpstr(request.command.user, ==, "web");
	g_assert_true(request.command.directory_required && request.command.tty);
	exec_request_done(&request);
}

static void test_malformed(void)
{
	static const char *const texts[] = {
		"",
		"[]",
		"\xff",
		"{\"execute\":1}",
		"{\"execute\":\"exec\",\"arguments\":[]}",
		"{\"execute\":\"exec\"}",
		"{\"execute\":\"exec\",\"arguments\":{\"argv\":[]}}",
		"{\"execute\":\"exec\",\"arguments\":{\"argv\":\"ls\"}}",
		"{\"execute\":\"exec\",\"arguments\":{\"argv\":[\"ls\",1]}}",
		"{\"execute\":\"exec\",\"arguments\":{\"argv\":[\"ls\"],\"env\":{}}}",
		"{\"execute\":\"exec\",\"arguments\":{\"argv\":[\"ls\"],\"workdir\":7}}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		struct exec_request request = {0};
		g_assert_false(parse(texts[i], &request, &error));
		g_assert_error(error, FAILURE, EINVAL);
		g_assert_null(request.root);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/exec-request/defaults", test_defaults);
	g_test_add_func("/exec-request/overrides", test_overrides);
	g_test_add_func("/exec-request/malformed", test_malformed);
	return g_test_run();
}
