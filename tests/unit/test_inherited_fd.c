/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_inherited_fd - descriptors by number, and by the names that systemd gives */
#include "src/inherited_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

static void pass(const char *pid, const char *fds, const char *names)
{
	g_setenv("LISTEN_PID", pid, TRUE);
	g_setenv("LISTEN_FDS", fds, TRUE);
	g_setenv("LISTEN_FDNAMES", names, TRUE);
}

static void assert_refused(const char *source, int errnum)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(inherited_fd_find(source, &error), ==, -1);
	g_assert_error(error, FAILURE, errnum);
}

static void test_number(void)
{
	autoclose int fd = dup(STDIN_FILENO);
	g_autofree char *text = g_strdup_printf("%d", fd);

	g_assert_cmpint(inherited_fd_find(text, NULL), ==, fd);
	g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
	assert_refused("99999", EBADF);
	assert_refused("99999999999999999999", EBADF);
}

/* Descriptors 3 to 5 may be anything that the test was started with. */
static void test_name(void)
{
	g_autofree char *pid = g_strdup_printf("%d", getpid());

	for (int fd = 3; fd <= 5; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			g_assert_cmpint(dup2(STDIN_FILENO, fd), ==, fd);
	pass(pid, "3", "web:api:web");
	g_assert_cmpint(inherited_fd_find("api", NULL), ==, 4);
	assert_refused("web", EEXIST);
	assert_refused("dns", ENOENT);
	pass(pid, "1", "web:api");
	g_assert_cmpint(inherited_fd_find("web", NULL), ==, 3);
	assert_refused("api", ENOENT);
	pass("1", "2", "web:api");
	assert_refused("api", ENOENT);
	pass(pid, "x", "web:api");
	assert_refused("api", ENOENT);
	inherited_fd_forget();
	g_assert_null(g_getenv("LISTEN_PID"));
	g_assert_null(g_getenv("LISTEN_FDS"));
	g_assert_null(g_getenv("LISTEN_FDNAMES"));
	assert_refused("web", ENOENT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/inherited-fd/number", test_number);
	g_test_add_func("/inherited-fd/name", test_name);
	return g_test_run();
}
