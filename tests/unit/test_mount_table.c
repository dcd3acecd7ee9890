/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_mount_table - which mounts lie below another */
#include <fcntl.h>

#include <glib.h>

#include "launcher/mount_table.h"
#include "src/autoclose.h"

/* As the kernel writes it, with what is not asked for left out; 40's parent is out of sight. */
static const char table[] = "40 2 8:1 / / rw - ext4 /dev/sda rw\n"
			    "41 40 0:4 / /proc rw,nosuid shared:5 - proc proc rw\n"
			    "42 40 0:5 / /lower rw master:1 - tmpfs tmpfs rw\n"
			    "43 42 8:2 / /lower/home rw - ext4 /dev/sdb rw\n"
			    "44 43 0:6 / /lower/home/a\\040b\\134 rw - tmpfs tmpfs rw\n"
			    "45 42 0:7 /f /lower/etc/hosts rw - tmpfs tmpfs rw\n"
			    "46 43 0:8 / /lower/home rw - tmpfs hiding rw\n"
			    "47 40 0:9 / /lower-not rw - tmpfs tmpfs rw\n"
			    "48 99 0:9 / /elsewhere rw - tmpfs tmpfs rw\n"
			    "malformed\n";

static int compare(const void *a, const void *b)
{
	return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

static char *below(guint64 id)
{
	g_autoptr(GPtrArray) paths = mount_table_parse(table, id);

	g_ptr_array_sort(paths, compare);
	g_ptr_array_add(paths, NULL);
	return g_strjoinv("|", (char **)paths->pdata);
}

static void test_parse(void)
{
	g_autofree char *lower = below(42), *home = below(43), *leaf = below(45), *none = below(7);

	g_assert_cmpstr(lower, ==, "etc/hosts|home|home|home/a b\\");
	g_assert_cmpstr(home, ==, "|a b\\");
	g_assert_cmpstr(leaf, ==, "");
	g_assert_cmpstr(none, ==, "");
}

/* A mount that is its own parent, and two that are each other's. */
static void test_circles(void)
{
	g_autoptr(GPtrArray) paths = mount_table_parse("1 1 0:1 / / rw - x x rw\n"
						       "2 3 0:1 / /a rw - x x rw\n"
						       "3 2 0:1 / /b rw - x x rw\n",
						       1);

	g_assert_cmpuint(paths->len, ==, 0);
}

static void test_has_below(void)
{
	g_autoptr(GPtrArray) paths = mount_table_parse(table, 42);

	g_assert_true(mount_table_has_below(paths, ""));
	g_assert_true(mount_table_has_below(paths, "etc"));
	g_assert_true(mount_table_has_below(paths, "home"));
	g_assert_false(mount_table_has_below(paths, "home/a b\\"));
	g_assert_false(mount_table_has_below(paths, "et"));
	g_assert_false(mount_table_has_below(paths, "etc/hosts"));
}

static void test_live(void)
{
	autoclose int root = open("/", O_PATH | O_CLOEXEC);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) paths = mount_table_below(root, &error);

	g_assert_no_error(error);
	g_assert_true(g_ptr_array_find_with_equal_func(paths, "proc", g_str_equal, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mount-table/parse", test_parse);
	g_test_add_func("/mount-table/circles", test_circles);
	g_test_add_func("/mount-table/has-below", test_has_below);
	g_test_add_func("/mount-table/live", test_live);
	return g_test_run();
}
