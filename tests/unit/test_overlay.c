/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_overlay - sessions whose writes go to a layer above ROOTFS
 *
 * How it works
 *
 * Each test runs with the kernel's overlayfs and with fuse-overlayfs, where both are to be had.
 * overlay_prepare() is called in the test's own process, as in the launcher; what the child wrote
 * must not show in the fixture's snapshot.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "launcher/overlay.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/unit/namespaces.h"
#include "tests/unit/rootfs_checks.h"
#include "tests/unit/rootfs_scenario.h"

typedef bool (*check_function)(const struct rootfs_scenario *scenario);

/* Runs check in a session; directory NULL: a disposable one. */
static void run_session(const struct rootfs_fixture *fixture, enum overlay_driver driver,
			const char *directory, check_function check)
{
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, check);
	g_autoptr(GError) error = NULL;
	struct overlay overlay;

	overlay_init(&overlay);
	overlay_prepare(&overlay, driver, directory, fixture->rootfs, &error);
	g_assert_no_error(error);
	scenario.options.overlay = &overlay;
	scenario.data = &driver;
	rootfs_scenario_assert(fixture, &scenario);
	overlay_done(&overlay);
}

static bool check_writes(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	struct stat st;

	CHECK(rootfs_checks_devices() && rootfs_checks_proc() && rootfs_checks_sys());
	CHECK(rootfs_checks_old_root_is_gone());
	CHECK(rootfs_checks_file_is("/etc/hosts", SCENARIO_HOSTS));
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", SCENARIO_RESOLV_CONF));
	CHECK(rootfs_checks_write("/usr/bin/program", "PROGRAM\n"));
	CHECK(rootfs_checks_file_is("/bin/program", "PROGRAM\n"));
	CHECK(unlink("/etc/passwd") == 0 && access("/etc/passwd", F_OK) < 0);
	CHECK(mkdir("/new", 0755) == 0 && symlink("x", "/etc/new") == 0);
	CHECK(rename("/usr/bin/program", "/new/program") == 0);
	CHECK(chmod("/usr", 0700) == 0 && stat("/usr", &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK(unlink("/bin") == 0 && rmdir("/usr/bin") == 0 && rmdir("/usr") == 0);
	CHECK(mkdir("/usr", 0755) == 0 && access("/usr/bin", F_OK) < 0);
	CHECK(mknod("/new/fifo", S_IFIFO | 0600, 0) == 0);
	CHECK(link("/new/program", "/new/hard") == 0 && stat("/new/hard", &st) == 0);
	CHECK(st.st_nlink == 2);
	return true;
}

static void test_disposable(const struct rootfs_fixture *fixture, enum overlay_driver driver)
{
	rootfs_fixture_make_complete(fixture);
	run_session(fixture, driver, NULL, check_writes);
	/* Without the mount points and files that are then made in the upper layer. */
	g_autofree char *etc = rootfs_fixture_join(fixture, "etc/hosts");
	g_autofree char *resolv = rootfs_fixture_join(fixture, "etc/resolv.conf");
	g_autofree char *proc = rootfs_fixture_join(fixture, "proc");

	g_assert_no_errno(unlink(etc) | unlink(resolv) | rmdir(proc));
	rootfs_fixture_make_symlink(fixture, "etc/hosts", "hosts");
	run_session(fixture, driver, NULL, check_writes);
}

static bool check_first(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	CHECK(rootfs_checks_write("/usr/bin/program", "changed\n"));
	CHECK(unlink("/etc/passwd") == 0 && mkdir("/kept", 0755) == 0);
	CHECK(unlink("/gone/file") == 0 && rmdir("/gone") == 0 && symlink("/etc", "/gone") == 0);
	return true;
}

static bool check_second(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	CHECK(rootfs_checks_file_is("/usr/bin/program", "changed\n"));
	CHECK(access("/etc/passwd", F_OK) < 0 && access("/kept", F_OK) == 0);
	CHECK(rootfs_checks_link_is("/gone", "/etc"));
	CHECK(rootfs_checks_file_is("/etc/hosts", SCENARIO_HOSTS));
	return true;
}

static void test_kept(const struct rootfs_fixture *fixture, enum overlay_driver driver)
{
	g_autofree char *directory = g_dir_make_tmp("test-overlay,:XXXXXX", NULL);
	g_autofree char *kept = g_build_filename(directory, "upper/kept", NULL);
	g_autofree char *remove =
		g_strdup_printf("chmod -R u+rwx '%s'; rm -rf '%s'", directory, directory);

	rootfs_fixture_make_complete(fixture);
	rootfs_fixture_make_dir(fixture, "gone");
	rootfs_fixture_make_file(fixture, "gone/file", "file\n");
	run_session(fixture, driver, directory, check_first);
	g_assert_true(g_file_test(kept, G_FILE_TEST_IS_DIR));
	run_session(fixture, driver, directory, check_second);
	const char *const argv[] = {"sh", "-c", remove, NULL};
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				   NULL, NULL, NULL));
}

/* --- the host's own root --- */

static bool write_new(const char *path)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd >= 0;
}

static bool check_host_root(const struct rootfs_scenario *scenario)
{
	const struct rootfs_fixture *fixture = scenario->data;
	g_autofree char *program = rootfs_fixture_join(fixture, "usr/bin/program");
	g_autofree char *new_file = rootfs_fixture_join(fixture, "usr/bin/new");
	g_autofree char *canary = g_build_filename(fixture->dir, "canary", NULL);

	CHECK(rootfs_checks_devices() && rootfs_checks_proc() && rootfs_checks_sys());
	CHECK(rootfs_checks_file_is(program, "program\n"));
	CHECK(rootfs_checks_write(program, "PROGRAM\n") && write_new(new_file));
	CHECK(unlink(canary) == 0 && access(canary, F_OK) < 0);
	CHECK(write_new("/test-overlay-new"));
	return true;
}

static void test_host_root(const struct rootfs_fixture *fixture, enum overlay_driver driver)
{
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, check_host_root);
	g_autoptr(GError) error = NULL;
	struct overlay overlay;

	overlay_init(&overlay);
	overlay_prepare(&overlay, driver, NULL, "/", &error);
	g_assert_no_error(error);
	scenario.options.path = "/";
	scenario.options.overlay = &overlay;
	scenario.data = fixture;
	rootfs_scenario_assert(fixture, &scenario);
	g_assert_false(g_file_test("/test-overlay-new", G_FILE_TEST_EXISTS));
	overlay_done(&overlay);
}

/* --- sockets and volumes --- */

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0)
		return -1;
	return g_steal_fd(&fd);
}

static bool connects_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool check_volume(const struct rootfs_scenario *scenario G_GNUC_UNUSED)
{
	autoclose int inner = listen_at("/inner");

	CHECK(rootfs_checks_write("/made/up/file", "real\n"));
	CHECK(!connects_to("/socket") && connects_to("/made/up/socket"));
	CHECK(inner >= 0 && connects_to("/inner"));
	return true;
}

/* What is mounted by name stays real, also a socket in it. */
static void test_volume(const struct rootfs_fixture *fixture, enum overlay_driver driver)
{
	g_autofree char *data = g_build_filename(fixture->dir, "d", NULL);
	g_autofree char *file = g_build_filename(data, "file", NULL);
	g_autofree char *socket_path = g_build_filename(data, "socket", NULL);
	g_autofree char *dead_path = rootfs_fixture_join(fixture, "socket");
	g_autofree char *text = g_strconcat(data, ":/made/up", NULL);
	const char *const texts[] = {text, NULL};
	g_autoptr(GPtrArray) volumes = rootfs_scenario_volumes(texts);
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, check_volume);
	autoclose int dead = -1, live = -1;
	struct overlay overlay;

	rootfs_fixture_make_complete(fixture);
	g_assert_no_errno(mkdir(data, 0755));
	g_assert_true(g_file_set_contents(file, "data\n", -1, NULL));
	dead = listen_at(dead_path);
	live = listen_at(socket_path);
	g_assert_true(dead >= 0 && live >= 0);
	overlay_init(&overlay);
	g_assert_true(overlay_prepare(&overlay, driver, NULL, fixture->rootfs, NULL));
	scenario.options.overlay = &overlay;
	scenario.options.volumes = volumes;
	g_assert_true(rootfs_scenario_run(&scenario));
	overlay_done(&overlay);
	g_assert_true(rootfs_checks_file_is(file, "real\n"));
	g_autofree char *made = rootfs_fixture_join(fixture, "made");
	g_assert_false(g_file_test(made, G_FILE_TEST_EXISTS));
}

/* --- without namespaces --- */

static void test_lock(const struct rootfs_fixture *fixture)
{
	g_autofree char *directory = g_build_filename(fixture->dir, "session", NULL);
	struct overlay first, second, third;
	g_autoptr(GError) error = NULL;

	overlay_init(&first);
	overlay_init(&second);
	overlay_init(&third);
	g_assert_true(overlay_prepare(&first, OVERLAY_DRIVER_KERNEL, directory, "/", NULL));
	g_assert_false(overlay_prepare(&second, OVERLAY_DRIVER_KERNEL, directory, "/", &error));
	g_assert_nonnull(strstr(error->message, "in use"));
	g_assert_nonnull(failure_cure(error));
	overlay_done(&second);
	overlay_done(&first);
	g_assert_true(overlay_prepare(&third, OVERLAY_DRIVER_KERNEL, directory, "/", NULL));
	overlay_done(&third);
}

static void assert_bad_directory(const struct rootfs_fixture *fixture, const char *name,
				 const char *cause)
{
	g_autofree char *directory = g_build_filename(fixture->dir, name, NULL);
	g_autoptr(GError) error = NULL;
	struct overlay overlay;

	overlay_init(&overlay);
	g_assert_false(overlay_prepare(&overlay, OVERLAY_DRIVER_AUTO, directory, "/", &error));
	g_assert_nonnull(strstr(error->message, cause));
	g_assert_nonnull(failure_cure(error));
	overlay_done(&overlay);
}

static void test_bad_directory(const struct rootfs_fixture *fixture)
{
	assert_bad_directory(fixture, "canary", "Not a directory");
	assert_bad_directory(fixture, "no/such", "No such file");
}

/* A helper that is never asked ends with the overlay. */
static void test_unused(const struct rootfs_fixture *fixture)
{
	struct overlay overlay;

	overlay_init(&overlay);
	g_assert_true(overlay_prepare(&overlay, OVERLAY_DRIVER_AUTO, NULL, fixture->rootfs, NULL));
	overlay_done(&overlay);
	g_assert_cmpint(overlay.fuse.pidfd, ==, -1);
}

/* Neither the kernel nor fuse-overlayfs: upper is where overlayfs may not write. */
static void test_neither(const struct rootfs_fixture *fixture)
{
	struct rootfs_scenario scenario = rootfs_scenario_for(fixture, NULL);
	struct overlay overlay;

	rootfs_fixture_make_complete(fixture);
	overlay_init(&overlay);
	overlay.driver = OVERLAY_DRIVER_AUTO;
	overlay.directory = g_strdup("/proc");
	scenario.options.overlay = &overlay;
	scenario.failure = "no overlay: ";
	g_assert_true(rootfs_scenario_run(&scenario));
	overlay_done(&overlay);
}

/* --- the list --- */

struct test_case {
	const char *path;
	void (*run)(const struct rootfs_fixture *fixture, enum overlay_driver driver);
	enum overlay_driver driver;
	void (*run_alone)(const struct rootfs_fixture *fixture);
};

static const struct test_case cases[] = {
	{"/overlay/kernel/disposable", test_disposable, OVERLAY_DRIVER_KERNEL, NULL},
	{"/overlay/kernel/kept", test_kept, OVERLAY_DRIVER_KERNEL, NULL},
	{"/overlay/kernel/host-root", test_host_root, OVERLAY_DRIVER_KERNEL, NULL},
	{"/overlay/kernel/volume", test_volume, OVERLAY_DRIVER_KERNEL, NULL},
	{"/overlay/fuse/disposable", test_disposable, OVERLAY_DRIVER_FUSE, NULL},
	{"/overlay/fuse/kept", test_kept, OVERLAY_DRIVER_FUSE, NULL},
	{"/overlay/fuse/host-root", test_host_root, OVERLAY_DRIVER_FUSE, NULL},
	{"/overlay/fuse/volume", test_volume, OVERLAY_DRIVER_FUSE, NULL},
	{"/overlay/lock", NULL, OVERLAY_DRIVER_AUTO, test_lock},
	{"/overlay/bad-directory", NULL, OVERLAY_DRIVER_AUTO, test_bad_directory},
	{"/overlay/unused", NULL, OVERLAY_DRIVER_AUTO, test_unused},
	{"/overlay/neither", NULL, OVERLAY_DRIVER_AUTO, test_neither},
};

static bool is_fuse_here(void)
{
	g_autofree char *program = g_find_program_in_path("fuse-overlayfs");

	return program && access("/dev/fuse", R_OK | W_OK) == 0;
}

static void run_case(const void *data)
{
	const struct test_case *test_case = data;
	struct rootfs_fixture fixture;

	if (!namespaces_allowed())
		return;
	if (test_case->driver == OVERLAY_DRIVER_FUSE && !is_fuse_here()) {
		g_test_skip("no fuse-overlayfs, or no /dev/fuse for this user");
		return;
	}
	rootfs_fixture_init(&fixture);
	if (test_case->run)
		test_case->run(&fixture, test_case->driver);
	else
		test_case->run_alone(&fixture);
	rootfs_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], run_case);
	return g_test_run();
}
