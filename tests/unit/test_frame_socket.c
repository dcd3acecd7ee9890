/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_frame_socket - unit tests of link/frame_socket.c */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "link/frame_socket.h"
#include "src/autoclose.h"
#include "src/failure.h"

static void refuse(int fd, int errnum)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(frame_socket_adopt(fd, &error));
	g_assert_error(error, FAILURE, errnum);
}

/* Those that keep the boundaries of messages. */
static void test_adopt(void)
{
	const int types[] = {SOCK_SEQPACKET, SOCK_DGRAM};

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autoptr(GError) error = NULL;
		int pair[2];

		g_assert_cmpint(socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC, 0, pair), ==, 0);
		autoclose int ours = pair[0], theirs = pair[1];
		g_assert_true(frame_socket_is(ours));
		g_assert_true(frame_socket_adopt(ours, &error));
		g_assert_no_error(error);
		g_assert_cmpint(fcntl(ours, F_GETFL) & O_NONBLOCK, !=, 0);
		g_assert_cmpint(fcntl(theirs, F_GETFL) & O_NONBLOCK, ==, 0);
	}
}

static void test_refuse(void)
{
	int pair[2];
	autoclose int lonely = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	autoclose int internet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	autoclose int file = open("/dev/null", O_RDWR | O_CLOEXEC);

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	autoclose int stream = pair[0], other = pair[1];
	refuse(stream, EINVAL);
	refuse(other, EINVAL);
	refuse(internet, EINVAL);
	refuse(lonely, ENOTCONN);
	refuse(file, ENOTSOCK);
	refuse(-1, EBADF);
	g_assert_false(frame_socket_is(file));
	g_assert_false(frame_socket_is(-1));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/frame_socket/adopt", test_adopt);
	g_test_add_func("/frame_socket/refuse", test_refuse);
	return g_test_run();
}
