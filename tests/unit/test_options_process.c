/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_options_process - the options about CMD's process, right and wrong */
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "launcher/options_process.h"
#include "src/failure.h"

/* options is initialised; ret_rest, if not NULL, gets what is left of the line. */
static bool parse(struct process_options *options, const char *line, char **ret_rest,
		  GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new("");
	g_auto(GStrv) words = NULL;

	g_assert_true(g_shell_parse_argv(line, NULL, &words, NULL));
	g_option_context_set_main_group(context, process_options_group(options));
	g_option_context_set_strict_posix(context, TRUE);
	if (!g_option_context_parse_strv(context, &words, error))
		return false;
	if (ret_rest)
		*ret_rest = g_strjoinv(" ", words + 1);
	return process_options_check(options, error);
}

static void test_defaults(void)
{
	struct process_options options;

	process_options_init(&options);
	g_assert_true(parse(&options, "netns-run", NULL, NULL));
	g_assert_cmpuint(options.variables->len + options.files->len, ==, 0);
	g_assert_null(options.workdir);
	g_assert_null(options.hostname);
	g_assert_null(options.log_file);
	g_assert_true(options.init);
	g_assert_false(options.clear_env || options.detach || options.tty ||
		       options.die_with_parent);
	process_options_done(&options);
}

static void test_all(void)
{
	struct process_options options;
	g_autoptr(GError) error = NULL;
	g_autofree char *rest = NULL;
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("netns-test-XXXXXX", &path, NULL);

	g_assert_cmpint(write(fd, "F=1\n", 4), ==, 4);
	close(fd);
	g_autofree char *line = g_strdup_printf(
		"netns-run -e A=1 --env B=2 --env-file '%s' --clear-env -w /a --workdir=/b "
		"--hostname a --hostname b-1.example.org -dit --log-file x --rm --init=off / -d",
		path);
	process_options_init(&options);
	parse(&options, line, &rest, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpuint(options.variables->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(options.variables, 1), ==, "B=2");
	g_assert_cmpstr(g_ptr_array_index(options.files, 0), ==, "F=1");
	g_assert_cmpstr(options.workdir, ==, "/b");
	g_assert_cmpstr(options.hostname, ==, "b-1.example.org");
	g_assert_cmpstr(options.log_file, ==, "x");
	g_assert_true(options.clear_env && options.detach && options.tty);
	g_assert_false(options.init);
	g_assert_cmpstr(rest, ==, "/ -d");
	process_options_done(&options);
}

static void assert_init(const char *line, bool init, const char *wanted_rest)
{
	struct process_options options;
	g_autoptr(GError) error = NULL;
	g_autofree char *rest = NULL;

	process_options_init(&options);
	parse(&options, line, &rest, &error);
	g_assert_no_error(error);
	g_assert_cmpint(options.init, ==, init);
	g_assert_cmpstr(rest, ==, wanted_rest);
	process_options_done(&options);
}

static void test_init(void)
{
	assert_init("netns-run --init ./root sh", true, "./root sh");
	assert_init("netns-run --init=off --init ./root", true, "./root");
	assert_init("netns-run --init --init=off ./root --init", false, "./root --init");
}

static const struct {
	const char *line, *names;
} bad[] = {
	{"netns-run --env =1", "'=1'"},
	{"netns-run -e ''", "''"},
	{"netns-run --env-file /nonexistent", "/nonexistent"},
	{"netns-run --workdir tmp", "'tmp'"},
	{"netns-run -w ''", "''"},
	{"netns-run --hostname ''", "''"},
	{"netns-run --hostname -a", "'-a'"},
	{"netns-run --hostname a..b", "'a..b'"},
	{"netns-run --hostname 'a b'", "'a b'"},
	{"netns-run --hostname 'a\nb'", "'a\\nb'"},
	{"netns-run --hostname 12345678901234567890123456789012345678901234567890123456789012345",
	 "12345"},
	{"netns-run --init=no", "'no'"},
	{"netns-run --init=", "''"},
	{"netns-run -d --die-with-parent", "--die-with-parent"},
	{"netns-run --log-file x", "--detach"},
};

static void test_bad(gconstpointer data)
{
	size_t i = GPOINTER_TO_SIZE(data);
	struct process_options options;
	g_autoptr(GError) error = NULL;

	process_options_init(&options);
	g_assert_false(parse(&options, bad[i].line, NULL, &error));
	g_assert_true(error->domain == FAILURE);
	g_assert_nonnull(strstr(error->message, bad[i].names));
	g_assert_nonnull(failure_cure(error));
	process_options_done(&options);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/options-process/defaults", test_defaults);
	g_test_add_func("/options-process/all", test_all);
	g_test_add_func("/options-process/init", test_init);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *path = g_strdup_printf("/options-process/bad/%zu", i);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_bad);
	}
	return g_test_run();
}
