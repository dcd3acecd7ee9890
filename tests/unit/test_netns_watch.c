/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_netns_watch - unit tests of plugins/netns_watch.c */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "plugins/netns_watch.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/unit/namespaces.h"

struct fixture {
	char *folder, *path;
	bool gone;
};

static void on_gone(void *opaque)
{
	struct fixture *fixture = opaque;

	g_assert_false(fixture->gone);
	fixture->gone = true;
}

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	*fixture = (struct fixture){.folder = g_dir_make_tmp("netns-watch-XXXXXX", NULL)};
	fixture->path = g_build_filename(fixture->folder, "netns", NULL);
	g_assert_true(g_file_set_contents(fixture->path, "", 0, NULL));
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_unlink(fixture->path);
	g_rmdir(fixture->folder);
	g_free(fixture->folder);
	g_free(fixture->path);
}

static void await_gone(const struct fixture *fixture)
{
	while (!fixture->gone)
		g_main_context_iteration(NULL, TRUE);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* The process's own network namespace, mounted on the path; its mounts are its own from here on. */
static struct netns_watch *mount_and_watch(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(unshare(CLONE_NEWUSER | CLONE_NEWNS), ==, 0);
	autoclose int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(mount("/proc/self/ns/net", fixture->path, NULL, MS_BIND, NULL), ==, 0);
	struct netns_watch *watch = netns_watch_new(fixture->path, netns, on_gone, fixture, &error);
	g_assert_no_error(error);
	return watch;
}

/* In a child, as there is no way back out of a user namespace. */
static void run(void (*function)(struct fixture *fixture), struct fixture *fixture)
{
	int status;

	if (!namespaces_allowed())
		return;
	pid_t pid = fork();
	if (pid == 0) {
		function(fixture);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

static void unmount(struct fixture *fixture)
{
	struct netns_watch *watch = mount_and_watch(fixture);

	g_assert_cmpint(umount2(fixture->path, MNT_DETACH), ==, 0);
	await_gone(fixture);
	netns_watch_free(watch);
}

static void test_unmounted(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	run(unmount, fixture);
}

/* Another mount changes nothing, and one in its place ends it. */
static void mount_over(struct fixture *fixture)
{
	struct netns_watch *watch = mount_and_watch(fixture);

	g_assert_cmpint(mount(fixture->folder, fixture->folder, NULL, MS_BIND, NULL), ==, 0);
	g_assert_cmpint(umount2(fixture->folder, MNT_DETACH), ==, 0);
	g_assert_true(g_main_context_iteration(NULL, TRUE));
	g_assert_false(fixture->gone);
	g_assert_cmpint(mount("/proc/self/ns/uts", fixture->path, NULL, MS_BIND, NULL), ==, 0);
	await_gone(fixture);
	netns_watch_free(watch);
}

static void test_mounted_over(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	run(mount_over, fixture);
}

/* By somebody who does not see the mount, as one in the host's mount namespace. */
static void unlink_elsewhere(struct fixture *fixture)
{
	int go[2];
	char byte;

	g_assert_cmpint(pipe(go), ==, 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(read(go[0], &byte, 1) == 1 && g_unlink(fixture->path) == 0 ? 0 : 1);
	struct netns_watch *watch = mount_and_watch(fixture);
	g_assert_cmpint(write(go[1], "1", 1), ==, 1);
	await_gone(fixture);
	netns_watch_free(watch);
}

static void test_unlinked(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	run(unlink_elsewhere, fixture);
}

static void test_process(void)
{
	struct fixture fixture = {0};
	g_autoptr(GError) error = NULL;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", (int)pid);
	autoclose int netns = open(path, O_RDONLY | O_CLOEXEC);
	struct netns_watch *watch = netns_watch_new(path, netns, on_gone, &fixture, &error);
	g_assert_no_error(error);
	kill(pid, SIGKILL);
	await_gone(&fixture);
	netns_watch_free(watch);
	waitpid(pid, NULL, 0);
	g_assert_null(netns_watch_new(path, netns, on_gone, &fixture, &error));
	g_assert_error(error, FAILURE, ESRCH);
}

static void test_another_already(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	autoclose int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	g_assert_null(netns_watch_new(fixture->path, netns, on_gone, fixture, &error));
	g_assert_error(error, FAILURE, ESTALE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/netns-watch/" name, struct fixture, NULL, set_up, function, tear_down)
	ADD("unmounted", test_unmounted);
	ADD("mounted-over", test_mounted_over);
	ADD("unlinked", test_unlinked);
	ADD("another-already", test_another_already);
#undef ADD
	g_test_add_func("/netns-watch/process", test_process);
	return g_test_run();
}
