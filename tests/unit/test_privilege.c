/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_privilege - what a process is left with, in namespaces of its own */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/privilege.h"
#include "src/capability.h"
#include "src/failure.h"
#include "tests/unit/namespaces.h"

static uint64_t bounding_of(const struct privilege_options *options)
{
	struct privilege privilege;
	g_autoptr(GError) error = NULL;

	g_assert_true(privilege_plan(options, &privilege, &error));
	g_assert_no_error(error);
	uint64_t bounding = privilege.bounding;
	privilege_done(&privilege);
	return bounding;
}

static void test_bounding_set(void)
{
	const uint64_t raw = CAPABILITY_BIT(CAP_NET_RAW), trace = CAPABILITY_BIT(CAP_SYS_PTRACE);
	struct privilege_options options = {0};
	uint64_t standard = bounding_of(&options);

	/* As in podman, with NET_ADMIN and NET_RAW. */
	g_assert_cmphex(standard, ==, 0x800435fb);
	options = (struct privilege_options){.add = trace, .drop = raw};
	g_assert_cmphex(bounding_of(&options), ==, (standard & ~raw) | trace);
	options = (struct privilege_options){.drop_all = true, .add = raw};
	g_assert_cmphex(bounding_of(&options), ==, raw);
	options = (struct privilege_options){.add_all = true, .drop = raw};
	g_assert_cmphex(bounding_of(&options), ==, capability_all() & ~raw);
	options = (struct privilege_options){.drop_all = true};
	g_assert_cmphex(bounding_of(&options), ==, 0);
}

static void test_profiles(void)
{
	struct privilege_options options = {.seccomp = (char *)"unconfined"};
	struct privilege privilege;
	g_autoptr(GError) error = NULL;

	g_assert_true(privilege_plan(&options, &privilege, NULL));
	g_assert_null(privilege.filter.instructions);
	g_assert_cmpstr(privilege.seccomp, ==, "unconfined");
	privilege_done(&privilege);
	options.seccomp = NULL;
	g_assert_true(privilege_plan(&options, &privilege, NULL));
	g_assert_nonnull(privilege.filter.instructions);
	g_assert_cmpstr(privilege.seccomp, ==, "default");
	privilege_done(&privilege);
	options.seccomp = (char *)"/no/such/profile.json";
	g_assert_false(privilege_plan(&options, &privilege, &error));
	g_assert_nonnull(strstr(error->message, "/no/such/profile.json"));
	g_assert_nonnull(failure_cure(error));
}

/* --- applied --- */

static uint64_t status_field(const char *name)
{
	g_autofree char *text = NULL;
	g_autofree char *key = g_strdup_printf("\n%s:\t", name);

	if (!g_file_get_contents("/proc/thread-self/status", &text, NULL, NULL))
		return UINT64_MAX;
	const char *found = strstr(text, key);
	return found ? g_ascii_strtoull(found + strlen(key), NULL, 16) : UINT64_MAX;
}

static bool check(const char *name, uint64_t expected)
{
	uint64_t found = status_field(name);

	if (found != expected)
		g_printerr("%s is %" G_GINT64_MODIFIER "x\n", name, found);
	return found == expected;
}

static bool apply(const struct privilege_options *options, uid_t uid)
{
	struct privilege privilege;
	g_autoptr(GError) error = NULL;

	if (privilege_plan(options, &privilege, &error) && privilege_bound(&privilege, &error) &&
	    setresuid(uid, uid, uid) == 0 && privilege_apply(&privilege, &error))
		return true;
	g_printerr("%s\n", error ? error->message : g_strerror(errno));
	return false;
}

static bool apply_default(const void *data G_GNUC_UNUSED)
{
	const struct privilege_options options = {0};

	return apply(&options, 0) && check("CapBnd", bounding_of(&options)) &&
	       check("CapEff", bounding_of(&options)) && check("CapPrm", bounding_of(&options)) &&
	       check("CapInh", 0) && check("CapAmb", 0) && check("NoNewPrivs", 1) &&
	       check("Seccomp", 2) && mount("none", "/tmp", "tmpfs", 0, NULL) < 0 && errno == EPERM;
}

static bool apply_none(const void *data G_GNUC_UNUSED)
{
	const struct privilege_options options = {.drop_all = true,
						  .seccomp = (char *)"unconfined"};

	return apply(&options, 0) && check("CapBnd", 0) && check("CapEff", 0) &&
	       check("CapPrm", 0) && check("NoNewPrivs", 1) && check("Seccomp", 0);
}

/* The filter without no_new_privs, though CAP_SYS_ADMIN is none of what is kept. */
static bool apply_with_new_privs(const void *data G_GNUC_UNUSED)
{
	const struct privilege_options options = {.new_privileges = true};

	return apply(&options, 0) && check("CapEff", bounding_of(&options)) &&
	       check("NoNewPrivs", 0) && check("Seccomp", 2);
}

static bool apply_all(const void *data G_GNUC_UNUSED)
{
	const struct privilege_options options = {.add_all = true};

	return apply(&options, 0) && check("CapEff", capability_all()) && check("Seccomp", 2) &&
	       mount("none", "/tmp", "tmpfs", 0, NULL) == 0;
}

/* Other ids can only be had by who has them: as the host's root. */
static void become_nobody(bool new_privileges)
{
	const struct privilege_options options = {.new_privileges = new_privileges};
	int status = 0;

	if (geteuid() != 0) {
		g_test_skip("not root");
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		_exit(apply(&options, 65534) && check("CapBnd", bounding_of(&options)) &&
				      check("CapEff", 0) && check("CapPrm", 0) &&
				      check("CapInh", 0) && check("NoNewPrivs", !new_privileges) &&
				      check("Seccomp", 2)
			      ? 0
			      : 1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

static void test_other_user(void)
{
	become_nobody(false);
}

static void test_other_user_with_new_privs(void)
{
	become_nobody(true);
}

static void test_applied(gconstpointer data)
{
	bool (*function)(const void *) = (bool (*)(const void *))(uintptr_t)data;

	if (namespaces_allowed())
		g_assert_true(namespaces_run(function, NULL));
}

static void add_applied(const char *path, bool (*function)(const void *))
{
	g_test_add_data_func(path, (gconstpointer)(uintptr_t)function, test_applied);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/privilege/bounding", test_bounding_set);
	g_test_add_func("/privilege/profiles", test_profiles);
	add_applied("/privilege/default", apply_default);
	add_applied("/privilege/drop-all", apply_none);
	add_applied("/privilege/new-privs", apply_with_new_privs);
	add_applied("/privilege/add-all", apply_all);
	g_test_add_func("/privilege/other-user", test_other_user);
	g_test_add_func("/privilege/other-user-new-privs", test_other_user_with_new_privs);
	return g_test_run();
}
