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

/* What ends a namespace is what the file's identity tells: any file will do. */
struct fixture {
	char *folder, *path, *other;
	int fd;
	bool gone;
	struct netns_watch *watch;
};

static void on_gone(void *opaque)
{
	struct fixture *fixture = opaque;

	g_assert_false(fixture->gone);
	fixture->gone = true;
}

static int make_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	*fixture = (struct fixture){.folder = g_dir_make_tmp("netns-watch-XXXXXX", NULL)};
	fixture->path = g_build_filename(fixture->folder, "netns", NULL);
	fixture->other = g_build_filename(fixture->folder, "other", NULL);
	fixture->fd = make_file(fixture->path);
	fixture->watch = netns_watch_new(fixture->path, fixture->fd, on_gone, fixture, &error);
	g_assert_no_error(error);
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	netns_watch_free(fixture->watch);
	close(fixture->fd);
	g_unlink(fixture->path);
	g_unlink(fixture->other);
	g_rmdir(fixture->folder);
	g_free(fixture->folder);
	g_free(fixture->path);
	g_free(fixture->other);
}

static void await_gone(const struct fixture *fixture)
{
	while (!fixture->gone)
		g_main_context_iteration(NULL, TRUE);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void test_unlinked(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpint(g_unlink(fixture->path), ==, 0);
	await_gone(fixture);
}

static void test_replaced(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	autoclose int fd = make_file(fixture->other);

	g_assert_cmpint(g_rename(fixture->other, fixture->path), ==, 0);
	await_gone(fixture);
}

/* What happens beside it ends nothing. */
static void test_neighbour(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	autoclose int fd = make_file(fixture->other);

	g_assert_cmpint(g_unlink(fixture->other), ==, 0);
	g_assert_true(g_main_context_iteration(NULL, TRUE));
	g_assert_false(fixture->gone);
}

static void unmount(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(unshare(CLONE_NEWUSER | CLONE_NEWNS), ==, 0);
	autoclose int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(mount("/proc/self/ns/net", fixture->path, NULL, MS_BIND, NULL), ==, 0);
	netns_watch_free(fixture->watch);
	fixture->watch = netns_watch_new(fixture->path, netns, on_gone, fixture, &error);
	g_assert_no_error(error);
	g_assert_cmpint(umount2(fixture->path, MNT_DETACH), ==, 0);
	await_gone(fixture);
}

static void test_unmounted(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	int status;

	if (!namespaces_allowed())
		return;
	pid_t pid = fork();
	if (pid == 0) {
		unmount(fixture);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
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
	autoclose int fd = make_file(fixture->other);

	g_assert_null(netns_watch_new(fixture->path, fd, on_gone, fixture, &error));
	g_assert_error(error, FAILURE, ESTALE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/netns-watch/" name, struct fixture, NULL, set_up, function, tear_down)
	ADD("unlinked", test_unlinked);
	ADD("replaced", test_replaced);
	ADD("neighbour", test_neighbour);
	ADD("another-already", test_another_already);
	ADD("unmounted", test_unmounted);
#undef ADD
	g_test_add_func("/netns-watch/process", test_process);
	return g_test_run();
}
