/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sibling - unit tests of sibling.c */
#include "src/sibling.h"

#include <errno.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "src/failure.h"

static char *own_program(void)
{
	return g_file_read_link("/proc/self/exe", NULL);
}

static void test_same_folder(void)
{
	g_autofree char *own = own_program();
	g_autofree char *name = g_path_get_basename(own);
	g_autofree char *found = sibling_find(name, "nowhere", NULL);

	g_assert_cmpstr(found, ==, own);
}

static void test_build_tree(void)
{
	g_autofree char *own = own_program();
	g_autofree char *name = g_path_get_basename(own);
	g_autofree char *folder = g_path_get_dirname(own);
	g_autofree char *folder_name = g_path_get_basename(folder);
	g_autofree char *built = g_build_filename("..", folder_name, name, NULL);
	g_autofree char *found = sibling_find("netns-none", built, NULL);

	g_assert_nonnull(found);
	g_assert_true(g_str_has_suffix(found, built));
	g_assert_cmpint(access(found, X_OK), ==, 0);
}

/* A file that cannot be executed is none. */
static void test_path(void)
{
	g_autofree char *folder = g_dir_make_tmp("sibling-XXXXXX", NULL);
	g_autofree char *program = g_build_filename(folder, "netns-none", NULL);
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(program, "#!/bin/sh\n", -1, NULL));
	g_chmod(program, 0644);
	g_setenv("PATH", folder, TRUE);
	g_assert_null(sibling_find("netns-none", "nowhere", &error));
	g_assert_error(error, FAILURE, ENOENT);
	g_autofree char *cause = failure_cause(error);
	g_assert_cmpstr(cause, ==, "netns-none was not found");
	g_assert_nonnull(failure_cure(error));
	g_chmod(program, 0755);
	g_autofree char *found = sibling_find("netns-none", "nowhere", NULL);
	g_assert_cmpstr(found, ==, program);
	g_setenv("PATH", path, TRUE);
	g_unlink(program);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sibling/same folder", test_same_folder);
	g_test_add_func("/sibling/build tree", test_build_tree);
	g_test_add_func("/sibling/PATH", test_path);
	return g_test_run();
}
