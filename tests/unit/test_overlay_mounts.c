/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_overlay_mounts - a disposable session on a ROOTFS with other file systems in it
 *
 * How it works
 *
 * A first child, as the host's administrator, mounts them in its own namespaces; they are locked
 * for the second, in a user namespace below, which enters ROOTFS. Neither ROOTFS nor what is
 * mounted in it may change.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "launcher/overlay.h"
#include "src/autoclose.h"
#include "tests/unit/namespaces.h"
#include "tests/unit/rootfs_checks.h"
#include "tests/unit/rootfs_scenario.h"

struct session {
	const struct rootfs_fixture *fixture;
	enum overlay_driver driver;
	bool is_deep; /* ROOTFS itself is what the kernel's overlayfs refuses */
};

static bool mount_in(const struct rootfs_fixture *fixture, const char *name, const char *type,
		     const char *options)
{
	g_autofree char *path = rootfs_fixture_join(fixture, name);

	return mount(type, path, type, MS_NOSUID | MS_NODEV, options) == 0;
}

/* Deeper than overlayfs stacks: it cannot be a layer of the session's overlay. */
static bool mount_unmergeable(const struct rootfs_fixture *fixture)
{
	g_autofree char *lower = rootfs_fixture_join(fixture, "usr");
	g_autofree char *again = rootfs_fixture_join(fixture, "deep");
	g_autofree char *other = rootfs_fixture_join(fixture, "sys");
	g_autofree char *first = g_strdup_printf("userxattr,lowerdir=%s:%s", lower, other);
	g_autofree char *second = g_strdup_printf("userxattr,lowerdir=%s:%s", again, other);

	return mount("o", again, "overlay", 0, first) == 0 &&
	       mount("o", again, "overlay", 0, second) == 0;
}

static bool mount_all(const struct rootfs_fixture *fixture)
{
	g_autofree char *file = rootfs_fixture_join(fixture, "mnt/data/file");
	g_autofree char *passwd = rootfs_fixture_join(fixture, "etc/passwd");

	CHECK(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
	CHECK(mount_in(fixture, "mnt/data", "tmpfs", "mode=0755"));
	CHECK(g_file_set_contents(file, "mounted\n", -1, NULL));
	CHECK(mount(file, passwd, NULL, MS_BIND, NULL) == 0);
	CHECK(mount_unmergeable(fixture));
	return true;
}

static bool write_new(const char *path)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd >= 0;
}

static bool check_mounted(const struct rootfs_scenario *scenario)
{
	const struct session *session = scenario->data;
	struct statvfs fs;
	struct stat st;

	CHECK(rootfs_checks_file_is("/mnt/data/file", "mounted\n"));
	CHECK(rootfs_checks_file_is("/etc/passwd", "mounted\n"));
	CHECK(rootfs_checks_write("/mnt/data/file", "written\n") && write_new("/mnt/data/new"));
	CHECK(write_new("/mnt/new") && write_new("/new") && write_new("/usr/bin/new"));
	CHECK(rootfs_checks_write("/small", "SMALL\n"));
	CHECK(rootfs_checks_file_is("/small", "SMALL\n"));
	CHECK(stat("/large", &st) == 0 && st.st_size == 3 * 1024 * 1024);
	CHECK(stat("/fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(rootfs_checks_link_is("/bin", "usr/bin"));
	CHECK(stat("/tmp", &st) == 0 && (st.st_mode & 07777) == 01777 && write_new("/tmp/new"));
	CHECK(access("/deep/bin/program", F_OK) == 0);
	if (session->driver == OVERLAY_DRIVER_FUSE)
		return true;
	/* What could not be merged: never writable. */
	CHECK(!write_new("/deep/new") && errno == EROFS);
	CHECK(!rootfs_checks_write("/large", "x") && errno == EROFS);
	CHECK(statvfs("/mnt/data", &fs) == 0 && (fs.f_flag & ST_NOSUID) && (fs.f_flag & ST_NODEV));
	return true;
}

static void make_mounted(const struct rootfs_fixture *fixture)
{
	g_autofree char *large = rootfs_fixture_join(fixture, "large");
	g_autofree char *tmp = rootfs_fixture_join(fixture, "tmp");

	rootfs_fixture_make_complete(fixture);
	rootfs_fixture_make_dir(fixture, "mnt/data");
	rootfs_fixture_make_dir(fixture, "deep");
	rootfs_fixture_make_dir(fixture, "tmp");
	g_assert_no_errno(chmod(tmp, 01777));
	rootfs_fixture_make_file(fixture, "small", "small\n");
	rootfs_fixture_make_file(fixture, "large", "");
	g_assert_no_errno(truncate(large, 3 * 1024 * 1024));
	rootfs_fixture_make_fifo(fixture, "fifo");
}

/* As the launcher, in the first child. */
static bool run_prepared(const struct session *session, struct rootfs_scenario *scenario)
{
	struct overlay overlay;
	bool passed;

	overlay_init(&overlay);
	CHECK(overlay_prepare(&overlay, session->driver, NULL, scenario->options.path, NULL));
	scenario->options.overlay = &overlay;
	passed = namespaces_run(rootfs_scenario_enter, scenario);
	overlay_done(&overlay);
	return passed;
}

static bool run_mounted(const void *data)
{
	const struct session *session = data;
	struct rootfs_scenario scenario = rootfs_scenario_for(session->fixture, check_mounted);
	g_autofree char *file = rootfs_fixture_join(session->fixture, "mnt/data/file");
	g_autofree char *new_file = rootfs_fixture_join(session->fixture, "mnt/data/new");

	scenario.data = session;
	CHECK(mount_all(session->fixture));
	CHECK(run_prepared(session, &scenario));
	CHECK(rootfs_checks_file_is(file, "mounted\n") && access(new_file, F_OK) < 0);
	return true;
}

static bool check_deep(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	CHECK(rootfs_checks_devices() && rootfs_checks_proc());
	CHECK(rootfs_checks_write("/bin/program", "PROGRAM\n"));
	CHECK(rootfs_checks_file_is("/bin/program", "PROGRAM\n"));
	return true;
}

static bool run_deep(const void *data)
{
	const struct session *session = data;
	struct rootfs_scenario scenario = rootfs_scenario_for(session->fixture, check_deep);
	g_autofree char *deep = rootfs_fixture_join(session->fixture, "deep");

	scenario.options.path = deep;
	if (session->driver == OVERLAY_DRIVER_KERNEL)
		scenario.failure = "no overlay: mount an overlay on";
	CHECK(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
	CHECK(mount_unmergeable(session->fixture));
	return run_prepared(session, &scenario);
}

static bool is_fuse_here(void)
{
	if (overlay_fuse_check(NULL))
		return true;
	g_test_skip("no fuse-overlayfs, or no /dev/fuse for this user");
	return false;
}

static void run_session(const void *data)
{
	struct session session = *(const struct session *)data;
	struct rootfs_fixture fixture;
	g_autofree char *before = NULL, *after = NULL;

	if (!namespaces_allowed() || (session.driver != OVERLAY_DRIVER_KERNEL && !is_fuse_here()))
		return;
	rootfs_fixture_init(&fixture);
	session.fixture = &fixture;
	make_mounted(&fixture);
	before = rootfs_fixture_snapshot(&fixture);
	g_assert_true(namespaces_run(session.is_deep ? run_deep : run_mounted, &session));
	after = rootfs_fixture_snapshot(&fixture);
	g_assert_cmpstr(after, ==, before);
	rootfs_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	static const struct session kernel = {NULL, OVERLAY_DRIVER_KERNEL, false};
	static const struct session fuse = {NULL, OVERLAY_DRIVER_FUSE, false};
	static const struct session refused = {NULL, OVERLAY_DRIVER_KERNEL, true};
	static const struct session fallback = {NULL, OVERLAY_DRIVER_AUTO, true};

	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/overlay-mounts/kernel", &kernel, run_session);
	g_test_add_data_func("/overlay-mounts/fuse", &fuse, run_session);
	g_test_add_data_func("/overlay-mounts/kernel-refuses", &refused, run_session);
	g_test_add_data_func("/overlay-mounts/fallback", &fallback, run_session);
	return g_test_run();
}
