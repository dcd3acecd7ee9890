/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_state_owner - whose a running container's state is, and where it is without a session */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/state_base.h"
#include "src/state_dir.h"

struct fixture {
	char *runtime_dir;
};

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->runtime_dir = g_dir_make_tmp("state-owner-XXXXXX", NULL);
	g_setenv("XDG_RUNTIME_DIR", fixture->runtime_dir, TRUE);
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *base = g_build_filename(fixture->runtime_dir, "netns-run", NULL);

	g_assert_cmpint(g_rmdir(base), ==, 0);
	g_assert_cmpint(g_rmdir(fixture->runtime_dir), ==, 0);
	g_free(fixture->runtime_dir);
}

static void write_or_exit(int fd)
{
	if (write(fd, "1", 1) != 1)
		_exit(1);
}

/* A process that has the name, until it is killed. */
static pid_t start_owner(const char *name)
{
	int ready[2];
	char byte;

	g_assert_cmpint(pipe(ready), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (!state_dir_create(name, NULL))
			_exit(1);
		write_or_exit(ready[1]);
		for (;;)
			pause();
	}
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void test_owner(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	pid_t pid = start_owner("web");
	autoclose int owner = state_dir_open_owner("web", &error);
	struct pollfd entry = {.fd = owner, .events = POLLIN};

	g_assert_no_error(error);
	g_assert_cmpint(poll(&entry, 1, 0), ==, 0);
	g_assert_cmpint(syscall(SYS_pidfd_send_signal, owner, SIGKILL, NULL, 0), ==, 0);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	g_assert_cmpint(poll(&entry, 1, 0), ==, 1);

	/* The number may be anybody's by now. */
	g_assert_cmpint(state_dir_open_owner("web", &error), ==, -1);
	g_assert_error(error, FAILURE, ENOENT);
	g_autoptr(GPtrArray) left = state_dir_list(NULL);
	g_assert_cmpint(left->len, ==, 0);
}

static void test_nobody(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) bad = NULL;
	g_autofree char *base = state_dir_base(&error);

	g_assert_no_error(error);
	g_assert_cmpint(state_dir_open_owner("web", &error), ==, -1);
	g_assert_error(error, FAILURE, ENOENT);
	g_assert_cmpint(state_dir_open_owner("../web", &bad), ==, -1);
	g_assert_error(bad, FAILURE, EINVAL);
}

/* Where no session manager has made that directory there is none, and it is in /tmp. */
static void test_base_without_session(void)
{
	g_autofree char *usual = geteuid() == 0
					 ? g_strdup("/run")
					 : g_strdup_printf("/run/user/%u", (unsigned)geteuid());
	g_autofree char *in_tmp = g_strdup_printf("/tmp/netns-run-%u", (unsigned)geteuid());
	g_autofree char *in_usual = g_build_filename(usual, "netns-run", NULL);

	g_unsetenv("XDG_RUNTIME_DIR");
	g_autofree char *unset = state_base_path();
	if (g_file_test(usual, G_FILE_TEST_IS_DIR))
		g_assert_cmpstr(unset, ==, in_usual);
	else
		g_assert_cmpstr(unset, ==, in_tmp);
	/* What is set wrongly is not replaced by a guess. */
	g_setenv("XDG_RUNTIME_DIR", "/nowhere", TRUE);
	g_autofree char *unusable = state_base_path();
	g_assert_cmpstr(unusable, ==, in_tmp);
	/* Root's own goes with its last login; of another user it would be somebody else's. */
	g_setenv("XDG_RUNTIME_DIR", "/run/user/0", TRUE);
	g_autofree char *login = state_base_path();
	g_assert_cmpstr(login, ==, geteuid() == 0 ? "/run/netns-run" : in_tmp);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/state-owner/owner", struct fixture, NULL, set_up, test_owner, tear_down);
	g_test_add("/state-owner/nobody", struct fixture, NULL, set_up, test_nobody, tear_down);
	g_test_add_func("/state-owner/base-without-session", test_base_without_session);
	return g_test_run();
}
