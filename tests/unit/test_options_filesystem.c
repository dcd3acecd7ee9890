/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_options_filesystem - the options about the command's file system */
#include <string.h>

#include <glib.h>

#include "launcher/options_filesystem.h"
#include "launcher/volume.h"
#include "src/failure.h"

static bool parse(const char *line, struct filesystem_options *options, GError **error)
{
	g_autofree char *full = g_strconcat("netns-run ", line, NULL);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_auto(GStrv) argv = NULL;

	g_assert_true(g_shell_parse_argv(full, NULL, &argv, NULL));
	filesystem_options_init(options);
	g_option_context_set_main_group(context, filesystem_options_group(options));
	return g_option_context_parse_strv(context, &argv, error) &&
	       filesystem_options_check(options, error);
}

static void parse_good(const char *line, struct filesystem_options *options)
{
	g_autoptr(GError) error = NULL;
	bool parsed = parse(line, options, &error);

	g_assert_no_error(error);
	g_assert_true(parsed);
}

static void test_defaults(void)
{
	struct filesystem_options options;

	parse_good("", &options);
	g_assert_cmpuint(options.volumes->len, ==, 0);
	g_assert_false(options.read_only || options.disposable || options.overlay);
	g_assert_false(filesystem_options_overlay(&options));
	g_assert_cmpint(options.driver, ==, OVERLAY_DRIVER_AUTO);
	filesystem_options_done(&options);
}

static void test_all(void)
{
	struct filesystem_options options;
	const struct volume *first, *second;

	parse_good("--read-only --tmpfs /a/b:size=1m -v /:/a:ro --overlay ./d "
		   "--overlay-driver=fuse",
		   &options);
	g_assert_true(options.read_only && filesystem_options_overlay(&options));
	g_assert_cmpstr(options.overlay, ==, "./d");
	g_assert_cmpint(options.driver, ==, OVERLAY_DRIVER_FUSE);
	g_assert_cmpuint(options.volumes->len, ==, 2);
	first = options.volumes->pdata[0];
	second = options.volumes->pdata[1];
	g_assert_cmpstr(first->target, ==, "/a");
	g_assert_cmpstr(second->target, ==, "/a/b");
	filesystem_options_done(&options);
	parse_good("--disposable --overlay-driver kernel", &options);
	g_assert_true(options.disposable && filesystem_options_overlay(&options));
	g_assert_cmpint(options.driver, ==, OVERLAY_DRIVER_KERNEL);
	filesystem_options_done(&options);
}

static void test_bad(void)
{
	static const char *const table[][2] = {
		{"--disposable --overlay d", "contradict"},
		{"--overlay-driver fuse", "without an overlay"},
		{"--overlay-driver aufs --disposable", "'aufs' is unknown"},
		{"-v /:/a --tmpfs /a/", "two mounts are asked for on '/a'"},
		{"-v /no/such:/a", "No such file"},
		{"--volume x", "too few"},
		{"--tmpfs x", "no absolute path"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct filesystem_options options;
		g_autoptr(GError) error = NULL;

		g_assert_false(parse(table[i][0], &options, &error));
		g_assert_nonnull(strstr(error->message, table[i][1]));
		g_assert_nonnull(failure_cure(error));
		filesystem_options_done(&options);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/options-filesystem/defaults", test_defaults);
	g_test_add_func("/options-filesystem/all", test_all);
	g_test_add_func("/options-filesystem/bad", test_bad);
	return g_test_run();
}
