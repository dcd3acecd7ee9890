/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_failure - cause, cure and how both are printed */
#include <errno.h>

#include <glib.h>

#include "src/failure.h"

static void test_cause_and_cure(void)
{
	g_autoptr(GError) error = NULL;

	failure_set(&error, EACCES, "open it up", "port %d is closed", 80);
	g_autofree char *cause = failure_cause(error);
	g_assert_error(error, FAILURE, EACCES);
	g_assert_cmpstr(cause, ==, "port 80 is closed");
	g_assert_cmpstr(failure_cure(error), ==, "open it up");
}

static void test_no_cure(void)
{
	g_autoptr(GError) error = NULL;

	failure_set(&error, 0, NULL, "it failed");
	g_autofree char *cause = failure_cause(error);
	g_assert_error(error, FAILURE, 0);
	g_assert_cmpstr(cause, ==, "it failed");
	g_assert_null(failure_cure(error));
}

static void test_subject(void)
{
	g_autoptr(GError) error = NULL, foreign = g_error_new_literal(G_FILE_ERROR, 1, "no file");

	failure_set(&error, EADDRINUSE, "take another", "port 80 is taken");
	g_assert_null(failure_subject(error));
	failure_set_subject(error, "0.0.0.0:80/tcp");
	failure_set_subject(error, "0.0.0.0:81/tcp");
	g_autoptr(GError) copy = g_error_copy(error);
	g_clear_error(&error);
	g_assert_cmpstr(failure_subject(copy), ==, "0.0.0.0:81/tcp");
	failure_set_subject(copy, NULL);
	g_assert_null(failure_subject(copy));
	g_assert_null(failure_subject(foreign));
}

/* A file name with a newline must not look like a cure. */
static void test_newline_in_cause(void)
{
	g_autoptr(GError) error = NULL;

	failure_set(&error, 0, "cure", "no '%s'", "a\nb");
	g_autofree char *cause = failure_cause(error);
	g_assert_cmpstr(cause, ==, "no 'a b'");
	g_assert_cmpstr(failure_cure(error), ==, "cure");
}

static void test_errno(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *expected = g_strdup_printf("open /x: %s", g_strerror(ENOENT));

	errno = ENOENT;
	g_assert_false(failure_errno(&error, "open %s", "/x"));
	g_assert_error(error, FAILURE, ENOENT);
	g_assert_cmpstr(error->message, ==, expected);
	g_assert_null(failure_cure(error));
}

static void test_nobody_listens(void)
{
	errno = EIO;
	g_assert_false(failure_errno(NULL, "read"));
	failure_set(NULL, EIO, "cure", "read");
}

static void print_both(void)
{
	g_autoptr(GError) with_cure = NULL;
	g_autoptr(GError) without = NULL;

	failure_set(&with_cure, 0, "cure %d", "cause %s", "%d");
	failure_set(&without, 0, NULL, "lonely");
	failure_print("prog", with_cure);
	failure_print("prog", without);
}

static void test_print(void)
{
	if (g_test_subprocess()) {
		print_both();
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("prog: cause %d\nprog: hint: cure %d\nprog: lonely\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/failure/cause-and-cure", test_cause_and_cure);
	g_test_add_func("/failure/no-cure", test_no_cure);
	g_test_add_func("/failure/subject", test_subject);
	g_test_add_func("/failure/newline-in-cause", test_newline_in_cause);
	g_test_add_func("/failure/errno", test_errno);
	g_test_add_func("/failure/nobody-listens", test_nobody_listens);
	g_test_add_func("/failure/print", test_print);
	return g_test_run();
}
