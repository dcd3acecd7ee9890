/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_userns - which knob is blamed, by /proc directories of our own making */
#include <errno.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "launcher/userns.h"
#include "src/failure.h"

struct scenario {
	const char *name;
	const char *files[4]; /* pairs of a path below /proc and its text */
	int errnum;
	const char *cause; /* a part of it */
	const char *cure;  /* a part of it, or NULL when there is none */
};

static const struct scenario scenarios[] = {
	{"debian",
	 {"sys/kernel/unprivileged_userns_clone", "0\n"},
	 EPERM,
	 "forbids user namespaces",
	 "sysctl -w kernel.unprivileged_userns_clone=1"},
	{"debian-allows",
	 {"sys/kernel/unprivileged_userns_clone", "1\n"},
	 EPERM,
	 "not permitted here",
	 "chroot"},
	{"no-user",
	 {"sys/user/max_user_namespaces", "0\n"},
	 ENOSPC,
	 "user.max_user_namespaces",
	 "sysctl -w user.max_user_namespaces="},
	{"no-net",
	 {"sys/user/max_net_namespaces", "0\n"},
	 ENOSPC,
	 "user.max_net_namespaces",
	 "sysctl -w user.max_net_namespaces="},
	{"no-mnt",
	 {"sys/user/max_mnt_namespaces", "0\n"},
	 ENOSPC,
	 "user.max_mnt_namespaces",
	 "sysctl -w user.max_mnt_namespaces="},
	{"no-pid",
	 {"sys/user/max_pid_namespaces", "0\n"},
	 ENOSPC,
	 "user.max_pid_namespaces",
	 "sysctl -w user.max_pid_namespaces="},
	{"no-uts",
	 {"sys/user/max_uts_namespaces", "0\n"},
	 ENOSPC,
	 "user.max_uts_namespaces",
	 "sysctl -w user.max_uts_namespaces="},
	{"no-ipc",
	 {"sys/user/max_ipc_namespaces", "0\n"},
	 ENOSPC,
	 "user.max_ipc_namespaces",
	 "sysctl -w user.max_ipc_namespaces="},
	{"no-cgroup",
	 {"sys/user/max_cgroup_namespaces", "0\n"},
	 ENOSPC,
	 "user.max_cgroup_namespaces",
	 "sysctl -w user.max_cgroup_namespaces="},
	{"used-up",
	 {"sys/user/max_user_namespaces", "5\n"},
	 ENOSPC,
	 "user.max_user_namespaces",
	 "sysctl -w user.max_user_namespaces="},
	{"too-deep", {NULL}, EUSERS, "user.max_user_namespaces", "sysctl"},
	{"apparmor",
	 {"sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"},
	 EACCES,
	 "AppArmor",
	 "apparmor_parser"},
	{"apparmor-allows",
	 {"sys/kernel/apparmor_restrict_unprivileged_userns", "0\n"},
	 EACCES,
	 "create namespaces",
	 NULL},
	{"debian-comes-first",
	 {"sys/kernel/unprivileged_userns_clone", "0\n", "sys/user/max_net_namespaces", "0\n"},
	 EPERM,
	 "forbids user namespaces",
	 "unprivileged_userns_clone"},
	{"no-kernel-support", {NULL}, EINVAL, "no user namespaces", "CONFIG_USER_NS"},
	{"kernel-support", {"self/ns/user", ""}, EINVAL, "create namespaces", NULL},
	{"chroot-or-seccomp", {"self/ns/user", ""}, EPERM, "not permitted here", "seccomp"},
	{"other", {"self/ns/user", ""}, ENOMEM, "create namespaces", NULL},
};

static void write_below(const char *root, const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(root, path, NULL);
	g_autofree char *dir = g_path_get_dirname(full);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
	g_file_set_contents(full, text, -1, &error);
	g_assert_no_error(error);
}

static char *make_proc(const struct scenario *scenario)
{
	g_autoptr(GError) error = NULL;
	char *root = g_dir_make_tmp("test_userns-XXXXXX", &error);

	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(scenario->files) && scenario->files[i]; i += 2)
		write_below(root, scenario->files[i], scenario->files[i + 1]);
	return root;
}

/* Removes the files and as many of their parents as there are. */
static void remove_proc(const char *root, const struct scenario *scenario)
{
	for (size_t i = 0; i < G_N_ELEMENTS(scenario->files) && scenario->files[i]; i += 2) {
		g_autofree char *path = g_build_filename(root, scenario->files[i], NULL);
		while (strlen(path) > strlen(root) && g_remove(path) == 0) {
			char *parent = g_path_get_dirname(path);
			g_free(path);
			path = parent;
		}
	}
	g_assert_cmpint(g_remove(root), ==, 0);
}

static void assert_part(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		g_error("'%s' is not in '%s'", part, text ? text : "(none)");
}

static void test_explain(gconstpointer data)
{
	const struct scenario *scenario = data;
	g_autofree char *root = make_proc(scenario);
	g_autoptr(GError) error = NULL;

	userns_explain(root, scenario->errnum, &error);
	g_assert_error(error, FAILURE, scenario->errnum);
	g_autofree char *cause = failure_cause(error);
	assert_part(cause, scenario->cause);
	if (scenario->cure)
		assert_part(failure_cure(error), scenario->cure);
	else
		g_assert_null(failure_cure(error));
	remove_proc(root, scenario);
}

/* The profile must be for the program that asks. */
static void test_apparmor_names_program(void)
{
	static const struct scenario scenario = {
		.files = {"sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"}};
	g_autofree char *root = make_proc(&scenario);
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autoptr(GError) error = NULL;

	userns_explain(root, EPERM, &error);
	assert_part(failure_cure(error), program);
	remove_proc(root, &scenario);
}

static char *refined(const char *knob, int errnum)
{
	const struct scenario scenario = {
		.files = {"sys/kernel/apparmor_restrict_unprivileged_userns", knob}};
	g_autofree char *root = make_proc(&scenario);
	g_autoptr(GError) error = NULL;

	failure_set(&error, errnum, NULL, "mount proc");
	userns_refine(root, &error);
	g_assert_error(error, FAILURE, errnum);
	remove_proc(root, &scenario);
	return failure_cause(error);
}

static void test_refine(void)
{
	g_autofree char *denied = refined("1\n", EPERM);
	g_autofree char *denied_access = refined("1\n", EACCES);
	g_autofree char *allowed = refined("0\n", EPERM);
	g_autofree char *other = refined("1\n", ENOENT);

	assert_part(denied, "AppArmor");
	assert_part(denied_access, "AppArmor");
	g_assert_cmpstr(allowed, ==, "mount proc");
	g_assert_cmpstr(other, ==, "mount proc");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(scenarios); i++) {
		g_autofree char *path = g_strdup_printf("/userns/explain/%s", scenarios[i].name);
		g_test_add_data_func(path, &scenarios[i], test_explain);
	}
	g_test_add_func("/userns/apparmor-names-program", test_apparmor_names_program);
	g_test_add_func("/userns/refine", test_refine);
	return g_test_run();
}
