/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_state_socket - the sockets of running containers */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/state_socket.h"

struct fixture {
	char *top;
	char *runtime_dir;
};

static void set_up(struct fixture *fixture, gconstpointer component)
{
	fixture->top = g_dir_make_tmp("state-socket-XXXXXX", NULL);
	fixture->runtime_dir = g_build_filename(fixture->top, component, NULL);
	g_assert_cmpint(g_mkdir_with_parents(fixture->runtime_dir, 0700), ==, 0);
	g_setenv("XDG_RUNTIME_DIR", fixture->runtime_dir, TRUE);
}

/* Also the proof that nothing is left: rmdir() takes empty directories only. */
static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *base = g_build_filename(fixture->runtime_dir, "netns-run", NULL);

	g_assert_cmpint(rmdir(base), ==, 0);
	g_assert_cmpint(rmdir(fixture->runtime_dir), ==, 0);
	g_assert_cmpint(rmdir(fixture->top), ==, 0);
	g_free(fixture->runtime_dir);
	g_free(fixture->top);
}

static struct state_dir *create(const char *name)
{
	g_autoptr(GError) error = NULL;
	struct state_dir *dir = state_dir_create(name, &error);

	g_assert_no_error(error);
	return dir;
}

/* Also run with a path that is longer than sun_path. */
static void test_control(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *dir = create("web");
	g_autoptr(GError) error = NULL;
	struct stat status;

	g_assert_cmpint(state_socket_connect("web", STATE_SOCKET_CONTROL, &error), ==, -1);
	g_assert_error(error, FAILURE, ECONNREFUSED);
	g_clear_error(&error);

	autoclose int listener = state_socket_listen(dir, STATE_SOCKET_CONTROL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(fcntl(listener, F_GETFD), ==, FD_CLOEXEC);
	g_assert_true(fcntl(listener, F_GETFL) & O_NONBLOCK);
	g_assert_cmpint(fstatat(state_dir_fd(dir), "control.sock", &status, 0), ==, 0);
	g_assert_cmphex(status.st_mode & 07777, ==, 0600);

	autoclose int client = state_socket_connect("web", STATE_SOCKET_CONTROL, &error);
	g_assert_no_error(error);
	g_assert_true(fcntl(client, F_GETFL) & O_NONBLOCK);
	autoclose int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char byte = 0;
	g_assert_cmpint(write(client, "x", 1), ==, 1);
	g_assert_cmpint(read(server, &byte, 1), ==, 1);
	g_assert_cmpint(byte, ==, 'x');
	state_dir_remove(dir);
}

static void test_launcher_socket(struct fixture *fixture G_GNUC_UNUSED,
				 gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *dir = create("web");
	g_autoptr(GError) error = NULL;
	char buffer[8];

	autoclose int control = state_socket_listen(dir, STATE_SOCKET_CONTROL, &error);
	g_assert_cmpint(state_socket_connect("web", STATE_SOCKET_LAUNCHER, &error), ==, -1);
	g_assert_error(error, FAILURE, ECONNREFUSED);
	g_clear_error(&error);

	autoclose int listener = state_socket_listen(dir, STATE_SOCKET_LAUNCHER, &error);
	g_assert_no_error(error);
	autoclose int client = state_socket_connect("web", STATE_SOCKET_LAUNCHER, &error);
	g_assert_no_error(error);
	autoclose int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	/* Each message stays one. */
	g_assert_cmpint(write(client, "ab", 2), ==, 2);
	g_assert_cmpint(write(client, "c", 1), ==, 1);
	g_assert_cmpint(read(server, buffer, sizeof(buffer)), ==, 2);
	state_dir_remove(dir);
}

int main(int argc, char **argv)
{
	g_autofree char *long_component = g_strnfill(200, 'd');

	g_test_init(&argc, &argv, NULL);
	g_test_add("/state-socket/control", struct fixture, "short", set_up, test_control,
		   tear_down);
	g_test_add("/state-socket/control-long-path", struct fixture, long_component, set_up,
		   test_control, tear_down);
	g_test_add("/state-socket/launcher", struct fixture, "short", set_up, test_launcher_socket,
		   tear_down);
	return g_test_run();
}
