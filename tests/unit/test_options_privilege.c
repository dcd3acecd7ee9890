/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_options_privilege - capabilities and profiles on the command line, right and wrong */
#include <linux/capability.h>
#include <string.h>

#include <glib.h>

#include "launcher/options_privilege.h"
#include "src/capability.h"
#include "src/failure.h"

static bool parse(const char *line, struct privilege_options *ret_options, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new("");
	g_autofree char *full = g_strconcat("netns-run ", line, NULL);
	g_auto(GStrv) argv = NULL;

	privilege_options_init(ret_options);
	g_option_context_set_main_group(context, privilege_options_group(ret_options));
	g_assert_true(g_shell_parse_argv(full, NULL, &argv, NULL));
	return g_option_context_parse_strv(context, &argv, error) &&
	       privilege_options_check(ret_options, error);
}

static void parse_good(const char *line, struct privilege_options *ret_options)
{
	g_autoptr(GError) error = NULL;
	bool parsed = parse(line, ret_options, &error);

	g_assert_no_error(error);
	g_assert_true(parsed);
}

static void test_defaults(void)
{
	struct privilege_options options;

	parse_good("", &options);
	g_assert_cmphex(options.add | options.drop, ==, 0);
	g_assert_false(options.add_all || options.drop_all || options.new_privileges);
	g_assert_null(options.seccomp);
	privilege_options_done(&options);
}

static void test_capabilities(void)
{
	struct privilege_options options;

	parse_good(
		"--cap-add sys_ptrace --cap-add CAP_SYS_ADMIN,Cap_Mknod --cap-drop 'chown, kill'",
		&options);
	g_assert_cmphex(options.add, ==,
			CAPABILITY_BIT(CAP_SYS_PTRACE) | CAPABILITY_BIT(CAP_SYS_ADMIN) |
				CAPABILITY_BIT(CAP_MKNOD));
	g_assert_cmphex(options.drop, ==, CAPABILITY_BIT(CAP_CHOWN) | CAPABILITY_BIT(CAP_KILL));
	privilege_options_done(&options);
	parse_good("--cap-drop ALL --cap-add net_raw", &options);
	g_assert_true(options.drop_all && !options.add_all);
	privilege_options_done(&options);
}

static void test_security_options(void)
{
	struct privilege_options options;

	parse_good("--security-opt no-new-privileges=false --seccomp a --seccomp b.json", &options);
	g_assert_true(options.new_privileges);
	g_assert_cmpstr(options.seccomp, ==, "b.json");
	privilege_options_done(&options);
	parse_good("--security-opt no-new-privileges --security-opt seccomp=unconfined", &options);
	g_assert_false(options.new_privileges);
	g_assert_cmpstr(options.seccomp, ==, "unconfined");
	privilege_options_done(&options);
	parse_good("--security-opt socketcall=true", &options);
	g_assert_true(options.socketcall && !options.new_privileges);
	privilege_options_done(&options);
	parse_good("--security-opt no-new-privileges:true --security-opt seccomp:/x:y", &options);
	g_assert_false(options.new_privileges);
	g_assert_cmpstr(options.seccomp, ==, "/x:y");
	privilege_options_done(&options);
}

struct bad {
	const char *line, *cause, *cure; /* parts of them */
};

static const struct bad bad_lines[] = {
	{"--cap-add net_rwa", "no capability 'net_rwa'", "CAP_NET_RAW"},
	{"--cap-add admin", "no capability 'admin'", "CAP_NET_ADMIN, CAP_SYS_ADMIN"},
	{"--cap-drop CAP_SYS_ADMINN", "--cap-drop: ", "CAP_SYS_ADMIN"},
	{"--cap-add frobnicate", "'frobnicate'", "capabilities(7)"},
	{"--cap-add ''", "''", "capabilities(7)"},
	{"--cap-add chown,", "''", "capabilities(7)"},
	{"--cap-add 21", "'21'", "capabilities(7)"},
	{"--cap-add cap_", "'cap_'", "capabilities(7)"},
	{"--cap-add kill --cap-drop cap_kill", "CAP_KILL is both", "--cap-add or"},
	{"--cap-add all --cap-drop all", "both", "net_raw"},
	{"--seccomp ''", "missing", "unconfined"},
	{"--security-opt apparmor=x", "'apparmor=x'", "no-new-privileges="},
	{"--security-opt no-new-privileges=maybe", "maybe", "true|false"},
	{"--security-opt socketcall=1", "socketcall=1", "true|false"},
	{"--security-opt seccomp=", "missing", "unconfined"},
};

static void test_bad_line(gconstpointer data)
{
	const struct bad *bad = data;
	struct privilege_options options;
	g_autoptr(GError) error = NULL;

	g_assert_false(parse(bad->line, &options, &error));
	g_test_message("%s", error->message);
	g_assert_true(error->domain == FAILURE);
	g_autofree char *cause = failure_cause(error);
	g_assert_nonnull(strstr(cause, bad->cause));
	g_assert_nonnull(failure_cure(error));
	g_assert_nonnull(strstr(failure_cure(error), bad->cure));
	privilege_options_done(&options);
}

static void test_names(void)
{
	g_autofree char *name = capability_name(CAP_NET_BIND_SERVICE);
	int number = -1;

	g_assert_cmpstr(name, ==, "CAP_NET_BIND_SERVICE");
	g_assert_true(capability_parse(name, &number));
	g_assert_cmpint(number, ==, CAP_NET_BIND_SERVICE);
	g_assert_true(capability_all() & CAPABILITY_BIT(CAP_CHOWN));
	g_assert_false(capability_all() & CAPABILITY_BIT(63));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/options-privilege/defaults", test_defaults);
	g_test_add_func("/options-privilege/capabilities", test_capabilities);
	g_test_add_func("/options-privilege/security-opt", test_security_options);
	g_test_add_func("/options-privilege/names", test_names);
	for (size_t i = 0; i < G_N_ELEMENTS(bad_lines); i++) {
		g_autofree char *path = g_strdup_printf("/options-privilege/bad/%zu", i);
		g_test_add_data_func(path, &bad_lines[i], test_bad_line);
	}
	return g_test_run();
}
