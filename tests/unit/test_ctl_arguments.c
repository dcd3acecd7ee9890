/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ctl_arguments - the command line of netns-ctl */
#include <string.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/ctl/verbs.h"
#include "src/failure.h"

struct good_line {
	const char *line;
	enum ctl_verb verb;
	bool json;
	const char *container, *operands;
};

static const struct good_line good_lines[] = {
	{"netns-ctl -h", CTL_HELP, false, NULL, ""},
	{"netns-ctl --help", CTL_HELP, false, NULL, ""},
	{"netns-ctl web port --help", CTL_HELP, false, "web", ""},
	{"netns-ctl web exec --help", CTL_HELP, false, "web", ""},
	{"netns-ctl web kill -h", CTL_HELP, false, "web", ""},
	{"netns-ctl -v", CTL_VERSION, false, NULL, ""},
	{"netns-ctl --version", CTL_VERSION, false, NULL, ""},
	{"netns-ctl ls", CTL_LIST, false, NULL, ""},
	{"netns-ctl ls --json", CTL_LIST, true, NULL, ""},
	{"netns-ctl --json ls", CTL_LIST, true, NULL, ""},
	{"netns-ctl web port ls", CTL_PORT_LIST, false, "web", ""},
	{"netns-ctl web port ls --json", CTL_PORT_LIST, true, "web", ""},
	{"netns-ctl web --json port ls", CTL_PORT_LIST, true, "web", ""},
	{"netns-ctl web port --json ls", CTL_PORT_LIST, true, "web", ""},
	{"netns-ctl web port add 80:80", CTL_PORT_ADD, false, "web", "80:80"},
	{"netns-ctl web port add 80:80 [::1]:53:53/udp", CTL_PORT_ADD, false, "web",
	 "80:80 [::1]:53:53/udp"},
	{"netns-ctl web port rm 1 80/tcp 80:80", CTL_PORT_REMOVE, false, "web", "1 80/tcp 80:80"},
	{"netns-ctl web exec ls", CTL_EXEC, false, "web", "ls"},
	{"netns-ctl web exec -t ls -l --json -- -x", CTL_EXEC, false, "web", "ls -l --json -- -x"},
	{"netns-ctl web exec -- -x -y", CTL_EXEC, false, "web", "-x -y"},
	{"netns-ctl web exec --host-tool tcpdump -ni eth0", CTL_EXEC, false, "web",
	 "tcpdump -ni eth0"},
	{"netns-ctl web ps --json", CTL_PS, true, "web", ""},
	{"netns-ctl web stop", CTL_STOP, false, "web", ""},
	{"netns-ctl web kill", CTL_KILL, false, "web", ""},
	{"netns-ctl web kill RTMIN+1", CTL_KILL, false, "web", "RTMIN+1"},
	{"netns-ctl web wait", CTL_WAIT, false, "web", ""},
	{"netns-ctl web pause", CTL_PAUSE, false, "web", ""},
	{"netns-ctl web resume", CTL_RESUME, false, "web", ""},
	{"netns-ctl web update --cpus 1.5", CTL_UPDATE, false, "web", ""},
	{"netns-ctl web stats --json", CTL_STATS, true, "web", ""},
	{"netns-ctl web inspect", CTL_INSPECT, false, "web", ""},
	{"netns-ctl web logs -f", CTL_LOGS, false, "web", ""},
	/* A container may be called as a verb is. */
	{"netns-ctl exec exec exec", CTL_EXEC, false, "exec", "exec"},
};

/* The request that the shell words of line are; false with a failure. */
static bool parse(const char *line, struct ctl_request *ret_request, GError **error)
{
	g_auto(GStrv) words = NULL;

	g_assert_true(g_shell_parse_argv(line, NULL, &words, NULL));
	return arguments_parse(words, ret_request, error);
}

static void test_good(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good_lines); i++) {
		const struct good_line *good = &good_lines[i];
		g_autoptr(GError) error = NULL;
		struct ctl_request request;

		parse(good->line, &request, &error);
		g_assert_no_error(error);
		g_assert_cmpint(request.verb, ==, good->verb);
		g_assert_cmpint(request.options.json, ==, good->json);
		g_assert_cmpstr(request.container, ==, good->container);
		g_autofree char *operands = g_strjoinv(" ", request.operands);
		g_assert_cmpstr(operands, ==, good->operands);
		ctl_request_done(&request);
	}
}

static void test_options(void)
{
	g_autoptr(GError) error = NULL;
	struct ctl_request request;

	parse("netns-ctl web exec -ti -e A=1 --env=B -u 7 --workdir /x sh", &request, &error);
	g_assert_no_error(error);
	g_assert_true(request.options.tty && request.options.interactive);
	g_assert_cmpstr(request.options.user, ==, "7");
	g_assert_cmpstr(request.options.workdir, ==, "/x");
	g_autofree char *env = g_strjoinv(" ", request.options.env);
	g_assert_cmpstr(env, ==, "A=1 B");
	ctl_request_done(&request);

	parse("netns-ctl web stop", &request, &error);
	g_assert_cmpint(request.options.seconds, ==, 10);
	ctl_request_done(&request);
	parse("netns-ctl web stop -t 0", &request, &error);
	g_assert_cmpint(request.options.seconds, ==, 0);
	ctl_request_done(&request);

	parse("netns-ctl web update --io-weight 7 --memory 1m", &request, &error);
	g_assert_no_error(error);
	for (size_t i = 0; i < CTL_N_LIMITS; i++) {
		const char *name = verbs_limit_name(i);
		g_assert_cmpstr(request.options.limits[i], ==,
				g_str_equal(name, "io-weight") ? "7"
				: g_str_equal(name, "memory")  ? "1m"
							       : NULL);
	}
	ctl_request_done(&request);
}

static const char *const bad_lines[] = {
	"netns-ctl",
	"netns-ctl --frobnicate",
	"netns-ctl ls web",
	"netns-ctl web",
	"netns-ctl ../web inspect",
	"netns-ctl web port",
	"netns-ctl web port list",
	"netns-ctl web ports ls",
	"netns-ctl web port ls 80",
	"netns-ctl web port add",
	"netns-ctl web port add 80",
	"netns-ctl web port add 80:80 x",
	"netns-ctl web port add --json 80:80",
	"netns-ctl --json web port add 80:80",
	"netns-ctl web port rm",
	"netns-ctl web port rm 0",
	"netns-ctl web port rm 4294967296",
	"netns-ctl web port rm 80/sctp",
	"netns-ctl web inspect now",
	"netns-ctl web inspect --json",
	"netns-ctl web exec",
	"netns-ctl web exec -t",
	"netns-ctl web exec --",
	"netns-ctl web exec --json ls",
	"netns-ctl web exec --env =x ls",
	"netns-ctl web exec --env '' ls",
	"netns-ctl web exec --user",
	"netns-ctl web exec --host-tool --user 1 ls",
	"netns-ctl web exec --host-tool -t ls",
	"netns-ctl web stop -t",
	"netns-ctl web stop -t x",
	"netns-ctl web stop -t -1",
	"netns-ctl web stop now",
	"netns-ctl web kill 0",
	"netns-ctl web kill TERM KILL",
	"netns-ctl web wait --json",
	"netns-ctl web update",
	"netns-ctl web update --memory",
	"netns-ctl web update --cpus 1 more",
	"netns-ctl web unpause",
};

static void test_bad(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(bad_lines); i++) {
		g_autoptr(GError) error = NULL;
		struct ctl_request request;

		if (parse(bad_lines[i], &request, &error))
			g_error("'%s' was accepted", bad_lines[i]);
		g_assert_nonnull(failure_cure(error));
	}
}

static void test_help(void)
{
	size_t n_verbs;
	const struct verb *table = verbs_table(&n_verbs);
	g_autoptr(GError) error = NULL;
	struct ctl_request request;

	g_assert_true(parse("netns-ctl --help", &request, &error));
	g_autofree char *all = arguments_help(&request);
	ctl_request_done(&request);
	for (size_t i = 0; i < n_verbs; i++) {
		g_autofree char *name = g_strjoin(" ", table[i].words[0], table[i].words[1], NULL);
		const char *container = table[i].alone ? "" : "NAME ";
		g_autofree char *line = g_strdup_printf("netns-ctl %s%s", container, name);
		g_autofree char *asked = g_strconcat(line, " --help", NULL);
		g_assert_nonnull(strstr(all, line));
		g_assert_true(parse(asked, &request, &error));
		g_autofree char *own = arguments_help(&request);
		g_assert_nonnull(strstr(own, line));
		g_assert_nonnull(strstr(own, "--help"));
		for (const GOptionEntry *entry = table[i].options; entry && entry->long_name;
		     entry++)
			g_assert_nonnull(strstr(own, entry->long_name));
		ctl_request_done(&request);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctl-arguments/good", test_good);
	g_test_add_func("/ctl-arguments/options", test_options);
	g_test_add_func("/ctl-arguments/bad", test_bad);
	g_test_add_func("/ctl-arguments/help", test_help);
	return g_test_run();
}
