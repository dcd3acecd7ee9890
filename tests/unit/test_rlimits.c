/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rlimits - limits of processes and their OOM score, in processes of our own */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/rlimits.h"
#include "src/failure.h"

static struct rlimits parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct rlimits rlimits = {0};

	rlimits_parse(&rlimits, text, &error);
	g_assert_no_error(error);
	return rlimits;
}

static void test_parse(void)
{
	struct rlimits rlimits = parse("nofile=100:200");

	g_assert_true(rlimits.is_set[RLIMIT_NOFILE]);
	g_assert_cmpuint(rlimits.values[RLIMIT_NOFILE].rlim_cur, ==, 100);
	g_assert_cmpuint(rlimits.values[RLIMIT_NOFILE].rlim_max, ==, 200);
	rlimits = parse("core=0");
	g_assert_cmpuint(rlimits.values[RLIMIT_CORE].rlim_max, ==, 0);
	rlimits = parse("stack=8192:unlimited");
	g_assert_true(rlimits.values[RLIMIT_STACK].rlim_max == RLIM_INFINITY);
	rlimits = parse("memlock=-1:-1");
	g_assert_true(rlimits.values[RLIMIT_MEMLOCK].rlim_cur == RLIM_INFINITY);
	g_assert_true(rlimits_parse(&rlimits, "memlock=1", NULL));
	g_assert_cmpuint(rlimits.values[RLIMIT_MEMLOCK].rlim_max, ==, 1);
}

static void test_bad(void)
{
	const char *const bad[] = {
		"",
		"nofile",
		"nofile=",
		"nofile=1:",
		"nofile=:1",
		"nofile=x",
		"nofile=-2",
		"no=1",
		"=1",
		"NOFILE=1",
		"nofile=1:2:3",
		"nofile=10:5",
		"nofile=-1:5",
		"nofile=1k",
		"nofile= 1",
		"nofile=99999999999999999999",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		struct rlimits rlimits = {0};

		g_test_message("%s", bad[i]);
		g_assert_false(rlimits_parse(&rlimits, bad[i], &error));
		g_assert_nonnull(failure_cure(error));
		g_assert_false(rlimits.is_set[RLIMIT_NOFILE]);
	}
}

/* In a child of its own: what is lowered stays low. */
static int in_child(bool (*function)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(function() ? 0 : 1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return status;
}

static bool apply(void)
{
	struct rlimits rlimits = parse("nofile=64:128");
	struct rlimit now;

	return rlimits_raise_hard(&rlimits, NULL) && rlimits_apply(&rlimits, NULL) &&
	       getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == 64 && now.rlim_max == 128;
}

static void test_apply(void)
{
	g_assert_cmpint(in_child(apply), ==, 0);
}

static bool raise_above(void)
{
	struct rlimits low = parse("nofile=64:128"), high = parse("nofile=64:129");
	g_autoptr(GError) error = NULL;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return false;
	return rlimits_apply(&low, NULL) && rlimits_raise_hard(&low, NULL) &&
	       !rlimits_raise_hard(&high, &error) && error->code == EPERM &&
	       strstr(error->message, "nofile") && strstr(error->message, "128") &&
	       failure_cure(error);
}

static void test_raise(void)
{
	g_assert_cmpint(in_child(raise_above), ==, 0);
}

static bool write_oom(void)
{
	struct rlimits rlimits = {.has_oom_score = true, .oom_score = 900};
	g_autofree char *text = NULL;

	return rlimits_write_oom_score(&rlimits, getpid(), NULL) &&
	       g_file_get_contents("/proc/self/oom_score_adj", &text, NULL, NULL) &&
	       g_str_equal(text, "900\n");
}

static bool lower_oom(void)
{
	struct rlimits rlimits = {.has_oom_score = true, .oom_score = -1000};
	g_autoptr(GError) error = NULL;

	return rlimits_write_oom_score(&rlimits, getpid(), &error)
		       ? geteuid() == 0
		       : error->code == EACCES && failure_cure(error);
}

static void test_oom(void)
{
	g_autoptr(GError) error = NULL;
	struct rlimits rlimits = {0};

	g_assert_true(rlimits_write_oom_score(&rlimits, 0, NULL));
	g_assert_true(rlimits_parse_oom_score(&rlimits, "-1000", NULL));
	g_assert_cmpint(rlimits.oom_score, ==, -1000);
	g_assert_false(rlimits_parse_oom_score(&rlimits, "1001", &error));
	g_assert_nonnull(failure_cure(error));
	g_assert_cmpint(rlimits.oom_score, ==, -1000);
	g_assert_cmpint(in_child(write_oom), ==, 0);
	g_assert_cmpint(in_child(lower_oom), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rlimits/parse", test_parse);
	g_test_add_func("/rlimits/bad", test_bad);
	g_test_add_func("/rlimits/apply", test_apply);
	g_test_add_func("/rlimits/raise", test_raise);
	g_test_add_func("/rlimits/oom", test_oom);
	return g_test_run();
}
