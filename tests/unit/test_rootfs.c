/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_rootfs - the command's file system, seen from inside namespaces of its own
 *
 * How it works
 *
 * Each test builds a ROOTFS in a temporary directory, enters it in a cloned child with new
 * namespaces and checks from there: a failed check is printed and becomes the child's status. The
 * parent compares ROOTFS, and what is beside it, before and after.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/rootfs.h"
#include "src/failure.h"
#include "tests/unit/namespaces.h"
#include "tests/unit/rootfs_checks.h"
#include "tests/unit/rootfs_fixture.h"

#define RESOLV_CONF "nameserver 10.0.2.3\n"
#define HOSTS	    "127.0.0.1 localhost\n10.0.2.2 gateway\n"

/* What a child enters and what it expects. */
struct scenario {
	const struct rootfs_fixture *fixture;
	const char *path; /* ROOTFS, as rootfs_enter() gets it */
	const char *name; /* what an error must name, or NULL when none is expected */
	bool (*check)(const struct scenario *scenario);
};

static bool check_complete(const struct scenario *scenario)
{
	g_autofree char *cwd = g_get_current_dir();

	CHECK(rootfs_checks_devices() && rootfs_checks_proc() && rootfs_checks_sys());
	CHECK(strcmp(cwd, "/") == 0);
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", RESOLV_CONF));
	CHECK(rootfs_checks_file_is("/etc/hosts", HOSTS));
	CHECK(rootfs_checks_write("/etc/hosts", HOSTS));
	CHECK(rootfs_checks_file_is("/bin/program", "program\n"));
	CHECK(access(scenario->fixture->dir, F_OK) < 0);
	CHECK(rootfs_checks_old_root_is_gone());
	return true;
}

static bool enter_and_check(const void *data)
{
	const struct scenario *scenario = data;
	const struct rootfs_options options = {
		.path = scenario->path,
		.resolv_conf = RESOLV_CONF,
		.hosts = HOSTS,
	};
	g_autoptr(GError) error = NULL;
	struct etc_cover cover;
	etc_cover_init(&cover);
	bool entered = rootfs_enter(&options, &cover, &error);

	if (scenario->name) {
		CHECK(!entered);
		CHECK(strstr(error->message, scenario->name));
		CHECK(failure_cure(error));
		return true;
	}
	if (error)
		fprintf(stderr, "# rootfs_enter: %s\n", error->message);
	CHECK(entered);
	return scenario->check(scenario);
}

/* Enters the fixture's ROOTFS, and asserts that this changed nothing on disk. */
static void assert_enter(const struct rootfs_fixture *fixture, const char *expected_name,
			 bool (*check)(const struct scenario *))
{
	const struct scenario scenario = {fixture, fixture->rootfs, expected_name, check};
	g_autofree char *before = rootfs_fixture_snapshot(fixture);
	g_autofree char *after = NULL;

	g_assert_true(namespaces_run(enter_and_check, &scenario));
	after = rootfs_fixture_snapshot(fixture);
	g_assert_cmpstr(after, ==, before);
}

/* --- tests --- */

static void assert_refused(const char *path, const char *cause)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(rootfs_check(path, &error));
	g_assert_nonnull(strstr(error->message, cause));
	g_assert_nonnull(failure_cure(error));
}

static void test_check(void)
{
	g_autofree char *file = NULL, *missing = NULL;
	struct rootfs_fixture fixture;

	rootfs_fixture_init(&fixture);
	file = rootfs_fixture_join(&fixture, "usr/bin/program");
	missing = rootfs_fixture_join(&fixture, "missing");
	g_assert_true(rootfs_check(fixture.rootfs, NULL));
	g_assert_true(rootfs_check("/", NULL));
	assert_refused(missing, "No such file");
	assert_refused(file, "not a directory");
	if (geteuid() != 0) {
		g_assert_no_errno(chmod(fixture.rootfs, 0600));
		assert_refused(fixture.rootfs, "cannot be searched");
		assert_refused(file, "Permission denied");
		g_assert_no_errno(chmod(fixture.rootfs, 0700));
	}
	rootfs_fixture_done(&fixture);
}

static bool check_not_shadowed(const struct scenario *scenario)
{
	CHECK(check_complete(scenario));
	CHECK(mkdir("/new", 0755) == 0 && mkdir("/etc/new", 0755) == 0);
	return true;
}

static void test_complete(const struct rootfs_fixture *fixture)
{
	g_autofree char *new_entry = NULL;

	rootfs_fixture_make_complete(fixture);
	assert_enter(fixture, NULL, check_complete);
	const struct scenario scenario = {fixture, fixture->rootfs, NULL, check_not_shadowed};

	g_assert_true(namespaces_run(enter_and_check, &scenario));
	new_entry = rootfs_fixture_join(fixture, "etc/new");
	g_assert_true(g_file_test(new_entry, G_FILE_TEST_IS_DIR));
}

static void test_relative(const struct rootfs_fixture *fixture)
{
	g_autofree char *cwd = g_get_current_dir();

	rootfs_fixture_make_complete(fixture);
	const struct scenario scenario = {fixture, "usr/..", NULL, check_complete};

	g_assert_no_errno(chdir(fixture->rootfs));
	g_assert_true(namespaces_run(enter_and_check, &scenario));
	g_assert_no_errno(chdir(cwd));
}

static bool check_shadowed_root(const struct scenario *scenario)
{
	struct stat st;

	CHECK(check_complete(scenario));
	CHECK(rootfs_checks_link_is("/bin", "usr/bin") &&
	      rootfs_checks_link_is("/dangling", "/nowhere"));
	CHECK(rootfs_checks_file_is("/file", "file\n"));
	CHECK(stat("/fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(stat("/tmp", &st) == 0 && (st.st_mode & 07777) == 01777);
	CHECK(mkdir("/lost-at-the-end", 0755) == 0);
	return true;
}

static void test_missing_mount_points(const struct rootfs_fixture *fixture)
{
	g_autofree char *tmp = NULL;

	rootfs_fixture_make_file(fixture, "file", "file\n");
	rootfs_fixture_make_symlink(fixture, "dangling", "/nowhere");
	rootfs_fixture_make_fifo(fixture, "fifo");
	rootfs_fixture_make_dir(fixture, "tmp");
	tmp = rootfs_fixture_join(fixture, "tmp");
	g_assert_no_errno(chmod(tmp, 01777));
	assert_enter(fixture, NULL, check_shadowed_root);
	rootfs_fixture_make_dir(fixture, "dev");
	rootfs_fixture_make_dir(fixture, "etc");
	assert_enter(fixture, NULL, check_shadowed_root);
}

static bool check_etc(const struct scenario *scenario)
{
	CHECK(check_complete(scenario));
	CHECK(rootfs_checks_file_is("/etc/passwd", "root:x:0:0::/:/bin/sh\n"));
	return true;
}

static void assert_etc(const struct rootfs_fixture *fixture)
{
	g_autofree char *canary = g_build_filename(fixture->dir, "canary", NULL);

	assert_enter(fixture, NULL, check_etc);
	g_assert_true(rootfs_checks_file_is(canary, "untouched\n"));
}

static void test_etc_nothing(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_mount_points(fixture);
	assert_etc(fixture);
}

static void test_etc_fifo(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_mount_points(fixture);
	rootfs_fixture_make_fifo(fixture, "etc/resolv.conf");
	rootfs_fixture_make_fifo(fixture, "etc/hosts");
	assert_etc(fixture);
}

static void test_etc_directory(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_mount_points(fixture);
	rootfs_fixture_make_dir(fixture, "etc/resolv.conf/below");
	rootfs_fixture_make_file(fixture, "etc/hosts", "original\n");
	assert_etc(fixture);
}

static void test_etc_dangling(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_mount_points(fixture);
	rootfs_fixture_make_symlink(fixture, "etc/resolv.conf",
				    "../run/systemd/resolve/stub-resolv.conf");
	rootfs_fixture_make_symlink(fixture, "etc/hosts", "hosts");
	assert_etc(fixture);
}

static void test_etc_symlink(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_mount_points(fixture);
	rootfs_fixture_make_dir(fixture, "run/systemd/resolve");
	rootfs_fixture_make_file(fixture, "run/systemd/resolve/stub-resolv.conf", "original\n");
	rootfs_fixture_make_symlink(fixture, "etc/resolv.conf",
				    "/run/systemd/resolve/stub-resolv.conf");
	rootfs_fixture_make_file(fixture, "etc/hosts", "original\n");
	assert_etc(fixture);
}

/* Both lead to the canary, unless ".." and "/" stop at ROOTFS. */
static void test_etc_attack(const struct rootfs_fixture *fixture)
{
	g_autofree char *absolute = g_build_filename(fixture->dir, "canary", NULL);

	rootfs_fixture_make_mount_points(fixture);
	rootfs_fixture_make_symlink(fixture, "etc/resolv.conf", "../../canary");
	rootfs_fixture_make_symlink(fixture, "etc/hosts", absolute);
	assert_etc(fixture);
}

/* Through a magic link, which RESOLVE_IN_ROOT refuses, and into what is mounted by us. */
static void test_etc_magic(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_mount_points(fixture);
	rootfs_fixture_make_symlink(fixture, "etc/resolv.conf", "/proc/self/root/etc/passwd");
	rootfs_fixture_make_symlink(fixture, "etc/hosts", "/dev/null");
	assert_etc(fixture);
}

static void assert_symlink_refused(const char *name, const char *target)
{
	g_autofree char *quoted = g_strdup_printf("\"/%s\"", name);
	g_autofree char *path = NULL, *aside = NULL;
	struct rootfs_fixture fixture;

	rootfs_fixture_init(&fixture);
	rootfs_fixture_make_complete(&fixture);
	path = rootfs_fixture_join(&fixture, name);
	aside = g_strconcat(path, ".aside", NULL);
	g_assert_no_errno(rename(path, aside));
	rootfs_fixture_make_symlink(&fixture, name, target);
	assert_enter(&fixture, quoted, NULL);
	rootfs_fixture_done(&fixture);
}

static void test_symlinked_mount_points(const struct rootfs_fixture *fixture)
{
	const char *const targets[] = {"/", "..", "../..", "usr", fixture->dir, "/proc/self/root"};

	for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
		assert_symlink_refused("proc", targets[i]);
		assert_symlink_refused("sys", targets[i]);
		assert_symlink_refused("dev", targets[i]);
		assert_symlink_refused("etc", targets[i]);
	}
}

static void test_file_as_mount_point(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_fifo(fixture, "dev");
	assert_enter(fixture, "\"/dev\"", NULL);
}

static void test_unreadable(const struct rootfs_fixture *fixture)
{
	g_autofree char *secret = NULL;

	rootfs_fixture_make_dir(fixture, "secret");
	secret = rootfs_fixture_join(fixture, "secret");
	g_assert_no_errno(chmod(secret, 0));
	assert_enter(fixture, NULL, check_complete);
}

/* Another user's ROOTFS: without permission to list it, and to search it. */
static void test_foreign_owner(const struct rootfs_fixture *fixture)
{
	if (geteuid() != 0) {
		g_test_skip("only root can make files of another user");
		return;
	}
	g_assert_no_errno(chmod(fixture->dir, 0755));
	g_assert_no_errno(chown(fixture->rootfs, 1, 1));
	g_assert_no_errno(chmod(fixture->rootfs, 0711));
	assert_enter(fixture, "list \"/\"", NULL);
	g_assert_no_errno(chmod(fixture->rootfs, 0700));
	assert_enter(fixture, "\"/proc\"", NULL);
	g_assert_no_errno(chown(fixture->dir, 1, 1));
	g_assert_no_errno(chmod(fixture->dir, 0700));
	assert_enter(fixture, fixture->rootfs, NULL);
}

static bool check_host_root(const struct scenario *scenario)
{
	g_autofree char *program = rootfs_fixture_join(scenario->fixture, "usr/bin/program");

	CHECK(rootfs_checks_devices() && rootfs_checks_proc() && rootfs_checks_sys());
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", RESOLV_CONF) &&
	      rootfs_checks_file_is("/etc/hosts", HOSTS));
	CHECK(rootfs_checks_file_is(program, "program\n"));
	return true;
}

static void test_host_root(const struct rootfs_fixture *fixture)
{
	g_autofree char *hosts = NULL;

	g_file_get_contents("/etc/hosts", &hosts, NULL, NULL);
	const struct scenario scenario = {fixture, "/", NULL, check_host_root};

	g_assert_true(namespaces_run(enter_and_check, &scenario));
	if (hosts)
		g_assert_true(rootfs_checks_file_is("/etc/hosts", hosts));
}

static bool check_nested(const struct scenario *scenario)
{
	(void)scenario;
	CHECK(rootfs_checks_devices() && rootfs_checks_sys());
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", RESOLV_CONF));
	/* The outer /proc, whose process 1 is the outer one: a new one is refused. */
	CHECK(!rootfs_checks_link_is("/proc/self", "1") && access("/proc/self/status", R_OK) == 0);
	return true;
}

static bool enter_twice(const void *data)
{
	const struct scenario *scenario = data;
	const struct scenario inner = {scenario->fixture, "/", NULL, check_nested};

	CHECK(enter_and_check(scenario));
	return namespaces_run(enter_and_check, &inner);
}

/* Our own masks make the kernel refuse a new /proc, as an outer container's do. */
static void test_nested(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_complete(fixture);
	const struct scenario scenario = {fixture, fixture->rootfs, NULL, check_complete};

	g_assert_true(namespaces_run(enter_twice, &scenario));
}

static bool check_read_only(const struct scenario *scenario)
{
	CHECK(rootfs_checks_devices() && rootfs_checks_proc() && rootfs_checks_sys());
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", RESOLV_CONF) &&
	      rootfs_checks_file_is("/etc/hosts", HOSTS));
	CHECK(mkdir("/usr/new", 0755) < 0 && errno == EROFS);
	CHECK(mount(NULL, "/usr", NULL, MS_BIND | MS_REMOUNT, NULL) < 0);
	CHECK(scenario->path);
	return true;
}

static bool enter_locked_mount(const void *data)
{
	const struct scenario *scenario = data;
	const unsigned long flags = MS_NOSUID | MS_NODEV;

	CHECK(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
	CHECK(mount("tmpfs", scenario->path, "tmpfs", flags, NULL) == 0);
	rootfs_fixture_make_dir(scenario->fixture, "usr");
	rootfs_fixture_make_dir(scenario->fixture, "etc");
	CHECK(mount(NULL, scenario->path, NULL, flags | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	return namespaces_run(enter_and_check, scenario);
}

/* Below a mount whose read-only flag the outer user namespace has locked. */
static void test_locked_mount(const struct rootfs_fixture *fixture)
{
	const struct scenario scenario = {fixture, fixture->rootfs, NULL, check_read_only};

	g_assert_true(namespaces_run(enter_locked_mount, &scenario));
}

struct test_case {
	const char *path;
	void (*run)(const struct rootfs_fixture *fixture);
};

static const struct test_case cases[] = {
	{"/rootfs/complete", test_complete},
	{"/rootfs/relative", test_relative},
	{"/rootfs/missing-mount-points", test_missing_mount_points},
	{"/rootfs/etc/nothing", test_etc_nothing},
	{"/rootfs/etc/fifo", test_etc_fifo},
	{"/rootfs/etc/directory", test_etc_directory},
	{"/rootfs/etc/dangling", test_etc_dangling},
	{"/rootfs/etc/symlink", test_etc_symlink},
	{"/rootfs/etc/attack", test_etc_attack},
	{"/rootfs/etc/magic", test_etc_magic},
	{"/rootfs/symlinked-mount-points", test_symlinked_mount_points},
	{"/rootfs/file-as-mount-point", test_file_as_mount_point},
	{"/rootfs/unreadable", test_unreadable},
	{"/rootfs/foreign-owner", test_foreign_owner},
	{"/rootfs/host-root", test_host_root},
	{"/rootfs/nested", test_nested},
	{"/rootfs/locked-mount", test_locked_mount},
};

static void run_case(const void *data)
{
	const struct test_case *test_case = data;
	struct rootfs_fixture fixture;

	if (!namespaces_allowed())
		return;
	rootfs_fixture_init(&fixture);
	test_case->run(&fixture);
	rootfs_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rootfs/check", test_check);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], run_case);
	return g_test_run();
}
