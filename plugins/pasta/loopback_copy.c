/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loopback_copy - a connection from the namespace's loopback to the host's */
#include "plugins/pasta/loopback_copy.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <unistd.h>

#include <glib.h>

#include "src/address.h"
#include "src/autoclose.h"

#define CHUNK (1024 * 1024)

struct connection {
	int inside, outside;
	sa_family_t family;
	uint16_t port;
	int *count; /* atomic */
};

socklen_t loopback_address(sa_family_t family, uint16_t port, struct sockaddr_storage *ret_address)
{
	struct ip_address loopback = {.family = family};

	if (family == AF_INET)
		loopback.v4.s_addr = htonl(INADDR_LOOPBACK);
	else
		loopback.v6 = in6addr_loopback;
	return ip_address_to_sockaddr(&loopback, port, ret_address);
}

static bool copy_some(int from, int to, const int pipe_fds[2])
{
	ssize_t got = splice(from, NULL, pipe_fds[1], NULL, CHUNK, SPLICE_F_MOVE);

	while (got > 0) {
		ssize_t put = splice(pipe_fds[0], NULL, to, NULL, (size_t)got, SPLICE_F_MOVE);
		if (put <= 0)
			return false;
		got -= put;
		if (got == 0)
			return true;
	}
	return false;
}

/* Until the sender's end, which becomes the receiver's. */
static void copy(int from, int to)
{
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) == 0) {
		while (copy_some(from, to, pipe_fds))
			;
		close(pipe_fds[0]);
		close(pipe_fds[1]);
	}
	shutdown(to, SHUT_WR);
	shutdown(from, SHUT_RD);
}

static gpointer copy_inwards(gpointer data)
{
	const struct connection *connection = data;

	copy(connection->outside, connection->inside);
	return NULL;
}

static int connect_loopback(sa_family_t family, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t size = loopback_address(family, port, &address);
	autoclose int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	return g_steal_fd(&fd);
}

/* The client is told by a RST that nobody listens on the host, or that we have no more threads. */
static void refuse(int fd)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static bool copy_both_ways(struct connection *connection)
{
	GThread *thread = g_thread_try_new("inwards", copy_inwards, connection, NULL);

	if (!thread)
		return false;
	copy(connection->inside, connection->outside);
	g_thread_join(thread);
	return true;
}

static void end(struct connection *connection)
{
	close_fd(&connection->inside);
	close_fd(&connection->outside);
	g_atomic_int_add(connection->count, -1);
	g_free(connection);
}

static gpointer serve_connection(gpointer data)
{
	struct connection *connection = data;
	const int on = 1;

	connection->outside = connect_loopback(connection->family, connection->port);
	if (connection->outside >= 0) {
		setsockopt(connection->inside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(connection->outside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (connection->outside < 0 || !copy_both_ways(connection))
		refuse(connection->inside);
	end(connection);
	return NULL;
}

void loopback_copy_start(int inside, sa_family_t family, uint16_t port, int *count)
{
	struct connection *connection = g_new(struct connection, 1);

	*connection = (struct connection){inside, -1, family, port, count};
	g_atomic_int_inc(count);
	GThread *thread = g_thread_try_new("connection", serve_connection, connection, NULL);
	if (thread) {
		g_thread_unref(thread);
		return;
	}
	refuse(inside);
	end(connection);
}
