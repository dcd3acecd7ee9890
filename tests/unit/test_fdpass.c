/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fdpass - messages with descriptors: whole, in order, without leaks */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "tests/unit/descriptors.h"

struct pair {
	int fds[2];
	unsigned n_open; /* before the pair was made */
};

static void pair_init(struct pair *pair)
{
	g_autoptr(GError) error = NULL;

	pair->n_open = descriptors_count();
	g_assert_true(fdpass_socketpair(pair->fds, &error));
	g_assert_no_error(error);
}

/* Also checks that nothing else stayed open. */
static void pair_done(struct pair *pair)
{
	close(pair->fds[0]);
	close(pair->fds[1]);
	g_assert_cmpuint(descriptors_count(), ==, pair->n_open);
}

static void close_all(int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
}

static void test_socketpair(void)
{
	struct pair pair;
	int type;
	socklen_t size = sizeof(type);

	pair_init(&pair);
	for (int i = 0; i < 2; i++) {
		g_assert_true(fcntl(pair.fds[i], F_GETFD) & FD_CLOEXEC);
		g_assert_cmpint(getsockopt(pair.fds[i], SOL_SOCKET, SO_TYPE, &type, &size), ==, 0);
		g_assert_cmpint(type, ==, SOCK_SEQPACKET);
	}
	pair_done(&pair);
}

static void test_round_trip(void)
{
	struct pair pair;
	char buffer[16];
	int sent[2], received[FDPASS_MAX_FDS];
	size_t n_received = 99;

	pair_init(&pair);
	g_assert_cmpint(pipe2(sent, O_CLOEXEC), ==, 0);
	g_assert_true(fdpass_send(pair.fds[0], "hello", 5, sent, 2, NULL));
	g_assert_cmpint(fdpass_receive(pair.fds[1], buffer, sizeof(buffer), received, &n_received),
			==, 5);
	g_assert_cmpmem(buffer, 5, "hello", 5);
	g_assert_cmpuint(n_received, ==, 2);
	g_assert_true(descriptors_is_copy(sent[0], received[0]));
	g_assert_true(descriptors_is_copy(sent[1], received[1]));
	close_all(received, 2);
	close_all(sent, 2);
	pair_done(&pair);
}

static void test_messages_keep_their_bounds(void)
{
	struct pair pair;
	char buffer[16];
	int received[FDPASS_MAX_FDS];
	size_t n_received = 99;

	pair_init(&pair);
	g_assert_true(fdpass_send(pair.fds[0], "one", 3, NULL, 0, NULL));
	g_assert_true(fdpass_send(pair.fds[0], "three", 5, NULL, 0, NULL));
	g_assert_cmpint(fdpass_receive(pair.fds[1], buffer, sizeof(buffer), received, &n_received),
			==, 3);
	g_assert_cmpuint(n_received, ==, 0);
	g_assert_cmpint(fdpass_receive(pair.fds[1], buffer, sizeof(buffer), received, &n_received),
			==, 5);
	pair_done(&pair);
}

static void test_most_descriptors(void)
{
	struct pair pair;
	char buffer[1];
	int sent[FDPASS_MAX_FDS], received[FDPASS_MAX_FDS];
	size_t n_received = 0;

	pair_init(&pair);
	for (size_t i = 0; i < FDPASS_MAX_FDS; i++)
		sent[i] = pair.fds[0];
	g_assert_true(fdpass_send(pair.fds[0], "x", 1, sent, FDPASS_MAX_FDS, NULL));
	g_assert_cmpint(fdpass_receive(pair.fds[1], buffer, 1, received, &n_received), ==, 1);
	g_assert_cmpuint(n_received, ==, FDPASS_MAX_FDS);
	close_all(received, n_received);
	pair_done(&pair);
}

/* More than any of us sends: fdpass_send() would refuse it. */
static void send_too_many(int socket)
{
	enum { N = FDPASS_MAX_FDS + 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(N * sizeof(int))];
	} control = {0};
	char byte = 'x';
	struct iovec vector = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	int fds[N];

	for (size_t i = 0; i < N; i++)
		fds[i] = socket;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
	g_assert_cmpint(sendmsg(socket, &message, 0), ==, 1);
}

static void test_too_many_descriptors(void)
{
	struct pair pair;
	char buffer[1];
	int received[FDPASS_MAX_FDS];
	size_t n_received = 0;

	pair_init(&pair);
	send_too_many(pair.fds[0]);
	g_assert_cmpint(fdpass_receive(pair.fds[1], buffer, 1, received, &n_received), ==, -1);
	g_assert_cmpint(errno, ==, EMSGSIZE);
	pair_done(&pair);
}

static void test_too_large(void)
{
	struct pair pair;
	char buffer[4];
	int received[FDPASS_MAX_FDS];
	size_t n_received = 0;

	pair_init(&pair);
	g_assert_true(fdpass_send(pair.fds[0], "hello", 5, pair.fds, 2, NULL));
	g_assert_cmpint(fdpass_receive(pair.fds[1], buffer, sizeof(buffer), received, &n_received),
			==, -1);
	g_assert_cmpint(errno, ==, EMSGSIZE);
	g_assert_cmpuint(n_received, ==, 0);
	pair_done(&pair);
}

static void test_largest(void)
{
	struct pair pair;
	g_autofree char *buffer = g_malloc0(FDPASS_MAX_BYTES);
	int received[FDPASS_MAX_FDS];
	size_t n_received = 0;

	pair_init(&pair);
	g_assert_true(fdpass_send(pair.fds[0], buffer, FDPASS_MAX_BYTES, NULL, 0, NULL));
	g_assert_cmpint(
		fdpass_receive(pair.fds[1], buffer, FDPASS_MAX_BYTES, received, &n_received), ==,
		FDPASS_MAX_BYTES);
	pair_done(&pair);
}

static void test_closed_peer(void)
{
	struct pair pair;
	g_autoptr(GError) error = NULL;
	char buffer[4];
	int received[FDPASS_MAX_FDS];
	size_t n_received = 0;

	pair_init(&pair);
	close(pair.fds[0]);
	g_assert_cmpint(fdpass_receive(pair.fds[1], buffer, sizeof(buffer), received, &n_received),
			==, 0);
	g_assert_false(fdpass_send(pair.fds[1], "x", 1, NULL, 0, &error));
	g_assert_error(error, FAILURE, EPIPE);
	pair.fds[0] = dup(pair.fds[1]);
	pair_done(&pair);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fdpass/socketpair", test_socketpair);
	g_test_add_func("/fdpass/round-trip", test_round_trip);
	g_test_add_func("/fdpass/messages-keep-their-bounds", test_messages_keep_their_bounds);
	g_test_add_func("/fdpass/most-descriptors", test_most_descriptors);
	g_test_add_func("/fdpass/too-many-descriptors", test_too_many_descriptors);
	g_test_add_func("/fdpass/too-large", test_too_large);
	g_test_add_func("/fdpass/largest", test_largest);
	g_test_add_func("/fdpass/closed-peer", test_closed_peer);
	return g_test_run();
}
