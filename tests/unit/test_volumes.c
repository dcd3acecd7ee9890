/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_volumes - volumes and tmpfs in a root file system, friendly or hostile
 *
 * How it works
 *
 * As in test_rootfs.c. The snapshot that is compared covers ROOTFS, the sources of the volumes and
 * the canary beside them.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "tests/unit/namespaces.h"
#include "tests/unit/rootfs_checks.h"
#include "tests/unit/rootfs_scenario.h"

/* ROOTFS with usr, volumes in the fixture's directory: data/file and data/sub. */
static void make(const struct rootfs_fixture *fixture)
{
	g_autofree char *data = g_build_filename(fixture->dir, "data", NULL);
	g_autofree char *sub = g_build_filename(data, "sub", NULL);
	g_autofree char *file = g_build_filename(data, "file", NULL);

	rootfs_fixture_make_complete(fixture);
	g_assert_no_errno(mkdir(data, 0755));
	g_assert_no_errno(mkdir(sub, 0755));
	g_assert_true(g_file_set_contents(file, "data\n", -1, NULL));
	g_assert_no_errno(chdir(fixture->dir));
}

static void run(const struct rootfs_fixture *fixture, const char *const *texts,
		bool (*check)(const struct rootfs_scenario *), const char *failure)
{
	g_autoptr(GPtrArray) volumes = rootfs_scenario_volumes(texts);
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, check);

	scenario.options.volumes = volumes;
	scenario.failure = failure;
	rootfs_scenario_assert(fixture, &scenario);
}

static bool has_flag(const char *path, unsigned long flag)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & flag);
}

static bool check_existing(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	CHECK(rootfs_checks_file_is("/usr/bin/file", "data\n"));
	CHECK(rootfs_checks_file_is("/etc/passwd", "data\n"));
	CHECK(has_flag("/etc/passwd", ST_RDONLY) && has_flag("/etc/passwd", ST_NOEXEC));
	CHECK(!has_flag("/usr/bin", ST_RDONLY));
	CHECK(rootfs_checks_old_root_is_gone());
	return true;
}

static void test_existing(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {"data:/bin", "./data/file:/etc/passwd:ro,noexec", NULL};

	make(fixture);
	run(fixture, texts, check_existing, NULL);
}

static bool check_write(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	CHECK(rootfs_checks_write("/usr/file", "DATA\n"));
	CHECK(!rootfs_checks_write("/etc/passwd", "DATA\n"));
	return true;
}

static void test_write(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {"data:/usr", "data/file:/etc/passwd:ro", NULL};
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, check_write);
	g_autoptr(GPtrArray) volumes = NULL;

	make(fixture);
	volumes = rootfs_scenario_volumes(texts);
	scenario.options.volumes = volumes;
	g_assert_true(rootfs_scenario_run(&scenario));
	g_assert_true(rootfs_checks_file_is("data/file", "DATA\n"));
}

static bool check_missing(const struct rootfs_scenario *scenario)
{
	CHECK(rootfs_checks_file_is("/srv/a/b/file", "data\n"));
	CHECK(rootfs_checks_file_is("/srv/single", "data\n"));
	CHECK(rootfs_checks_file_is("/usr/bin/new/file", "data\n"));
	CHECK(rootfs_checks_file_is("/usr/bin/program", "program\n"));
	CHECK(rootfs_checks_file_is("/data/sub/deep/file", "data\n"));
	CHECK(rootfs_checks_file_is("/data/file", "data\n"));
	CHECK(rootfs_checks_file_is("/t/in/file", "data\n"));
	CHECK(rootfs_checks_file_is("/dev/own/file", "data\n"));
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", SCENARIO_RESOLV_CONF));
	CHECK(rootfs_checks_devices() && rootfs_checks_proc() && rootfs_checks_sys());
	CHECK(scenario->data == NULL);
	return true;
}

static void test_missing(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {
		"data:/srv/a/b", "data/file:/srv/single", "data:/usr/bin/new",
		"data:/data",	 "data:/data/sub/deep",	  "tmpfs /t",
		"data:/t/in",	 "data:/dev/own",	  NULL};

	make(fixture);
	run(fixture, texts, check_missing, NULL);
}

static bool check_tmpfs(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	struct statvfs fs;
	struct stat st;

	CHECK(stat("/tmp", &st) == 0 && (st.st_mode & 07777) == 01777);
	CHECK(has_flag("/tmp", ST_NOEXEC) && has_flag("/tmp", ST_NOSUID));
	CHECK(mkdir("/tmp/new", 0755) == 0);
	CHECK(stat("/run/x", &st) == 0 && (st.st_mode & 07777) == 0700 && st.st_uid == 0);
	CHECK(statvfs("/run/x", &fs) == 0 && fs.f_blocks * fs.f_frsize == 1024UL * 1024);
	CHECK(!has_flag("/run/x", ST_NOEXEC) && !has_flag("/run/x", ST_RDONLY));
	CHECK(access("/usr/bin", F_OK) < 0 && has_flag("/usr", ST_RDONLY));
	return true;
}

static void test_tmpfs(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {
		"tmpfs /tmp", "tmpfs /run/x:size=1m,mode=0700,exec,uid=0", "tmpfs /usr:ro", NULL};

	make(fixture);
	run(fixture, texts, check_tmpfs, NULL);
}

static void test_tmpfs_refused(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {"tmpfs /tmp:uid=12345", NULL};

	make(fixture);
	run(fixture, texts, NULL, "--tmpfs '/tmp'");
}

/* ROOTFS chooses what the user's targets lead to: never out of it. */
static bool check_hostile(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	CHECK(rootfs_checks_file_is("/up/file", "data\n"));
	CHECK(rootfs_checks_file_is("/absolute/x/file", "data\n"));
	CHECK(rootfs_checks_file_is("/file", "data\n"));
	CHECK(rootfs_checks_file_is("/nowhere/file", "data\n"));
	CHECK(rootfs_checks_old_root_is_gone());
	return true;
}

static void test_hostile(const struct rootfs_fixture *fixture)
{
	g_autofree char *data = g_build_filename(fixture->dir, "data", NULL);
	static const char *const texts[] = {"data:/up", "data:/absolute/x", "data/file:/link/file",
					    "data:/nowhere", NULL};

	make(fixture);
	rootfs_fixture_make_symlink(fixture, "up", "../../../../../../../usr");
	rootfs_fixture_make_symlink(fixture, "absolute", data);
	rootfs_fixture_make_symlink(fixture, "link", "..");
	rootfs_fixture_make_symlink(fixture, "nowhere", "../data/new");
	run(fixture, texts, check_hostile, NULL);
}

static void assert_refused(const char *target, const char *failure)
{
	g_autofree char *text = g_strconcat("data:", target, NULL);
	const char *const texts[] = {text, NULL};
	struct rootfs_fixture fixture;
	g_autofree char *secret = NULL;

	rootfs_fixture_init(&fixture);
	make(&fixture);
	rootfs_fixture_make_symlink(&fixture, "loop", "loop");
	rootfs_fixture_make_symlink(&fixture, "magic", "/proc/self/root");
	rootfs_fixture_make_symlink(&fixture, "kernel", "/proc");
	rootfs_fixture_make_fifo(&fixture, "fifo");
	rootfs_fixture_make_dir(&fixture, "secret");
	secret = rootfs_fixture_join(&fixture, "secret");
	g_assert_no_errno(chmod(secret, 0));
	run(&fixture, texts, NULL, failure);
	g_assert_no_errno(chmod(secret, 0700));
	rootfs_fixture_done(&fixture);
}

static void test_refused(const struct rootfs_fixture *fixture G_GNUC_UNUSED)
{
	assert_refused("/loop", "\"/loop\"");
	assert_refused("/loop/x", "\"/loop/x\"");
	assert_refused("/kernel", "leads to /proc");
	assert_refused("/kernel/x", "leads to /proc");
	assert_refused("/kernel/sys/x", "leads to /proc");
	assert_refused("/usr/bin/program", "which is none");
	assert_refused("/usr/bin/program/x", "Not a directory");
	assert_refused("/fifo", "which is none");
	assert_refused("/fifo/x", "Not a directory");
}

static void test_file_on_directory(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {"data/file:/usr", NULL};

	make(fixture);
	run(fixture, texts, NULL, "which is a directory");
}

static bool check_magic(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	/* It was taken for one that leads nowhere, and replaced. */
	CHECK(rootfs_checks_file_is("/magic/x/file", "data\n"));
	CHECK(rootfs_checks_old_root_is_gone());
	return true;
}

static void test_magic(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {"data:/magic/x", NULL};

	make(fixture);
	rootfs_fixture_make_symlink(fixture, "magic", "/proc/self/root");
	run(fixture, texts, check_magic, NULL);
}

static bool check_read_only(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	CHECK(mkdir("/new", 0755) < 0 && errno == EROFS);
	CHECK(mkdir("/usr/new", 0755) < 0 && errno == EROFS);
	CHECK(mkdir("/etc/new", 0755) < 0 && errno == EROFS);
	CHECK(!rootfs_checks_write("/usr/bin/program", "x"));
	CHECK(mkdir("/data/new", 0755) == 0 && rmdir("/data/new") == 0);
	CHECK(mkdir("/tmp/new", 0755) == 0);
	CHECK(rootfs_checks_devices() && rootfs_checks_proc() && rootfs_checks_sys());
	CHECK(rootfs_checks_file_is("/etc/hosts", SCENARIO_HOSTS));
	return true;
}

static void run_read_only(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {"data:/data", "tmpfs /tmp", NULL};
	g_autoptr(GPtrArray) volumes = rootfs_scenario_volumes(texts);
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, check_read_only);

	scenario.options.volumes = volumes;
	scenario.options.read_only = true;
	g_assert_true(rootfs_scenario_run(&scenario));
}

static void test_read_only(const struct rootfs_fixture *fixture)
{
	g_autofree char *hosts = rootfs_fixture_join(fixture, "etc/hosts");
	g_autofree char *tmp = rootfs_fixture_join(fixture, "tmp");
	g_autofree char *data = rootfs_fixture_join(fixture, "data");

	make(fixture);
	run_read_only(fixture); /* "/" shadowed */
	g_assert_no_errno(unlink(hosts));
	run_read_only(fixture); /* and "/etc" */
	g_assert_no_errno(mkdir(tmp, 0755));
	g_assert_no_errno(mkdir(data, 0755));
	run_read_only(fixture); /* "/etc" alone */
}

/* Each a directory itself, whose mounts come along. */
static bool check_host_root(const struct rootfs_scenario *scenario)
{
	g_autofree char *data = g_strconcat("/host", (const char *)scenario->data, NULL);

	CHECK(rootfs_checks_file_is(data, "data\n"));
	CHECK(access("/host/proc/self/status", F_OK) == 0);
	CHECK(access("/host/root/usr/bin/program", F_OK) < 0);
	return true;
}

static void test_host_root(const struct rootfs_fixture *fixture)
{
	static const char *const texts[] = {"/:/host:ro", NULL};
	g_autoptr(GPtrArray) volumes = rootfs_scenario_volumes(texts);
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, check_host_root);
	g_autofree char *file = g_build_filename(fixture->dir, "data", "file", NULL);

	make(fixture);
	scenario.options.volumes = volumes;
	scenario.data = file;
	rootfs_scenario_assert(fixture, &scenario);
}

struct test_case {
	const char *path;
	void (*run)(const struct rootfs_fixture *fixture);
};

static const struct test_case cases[] = {
	{"/volumes/existing", test_existing},
	{"/volumes/write", test_write},
	{"/volumes/missing", test_missing},
	{"/volumes/tmpfs", test_tmpfs},
	{"/volumes/tmpfs-refused", test_tmpfs_refused},
	{"/volumes/hostile", test_hostile},
	{"/volumes/refused", test_refused},
	{"/volumes/file-on-directory", test_file_on_directory},
	{"/volumes/magic", test_magic},
	{"/volumes/read-only", test_read_only},
	{"/volumes/host-root", test_host_root},
};

static void run_case(const void *data)
{
	const struct test_case *test_case = data;
	struct rootfs_fixture fixture;
	g_autofree char *cwd = g_get_current_dir();

	if (!namespaces_allowed())
		return;
	rootfs_fixture_init(&fixture);
	test_case->run(&fixture);
	g_assert_no_errno(chdir(cwd));
	rootfs_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], run_case);
	return g_test_run();
}
