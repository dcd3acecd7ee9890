/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint - the sockets of netbench: listen, connect, and exchange whole messages */
#include "tests/bench/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "src/address.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define GRACE_SECONDS	   5
#define BIND_ATTEMPTS	   16
#define DATAGRAM_BUFFER	   (4 * 1024 * 1024)
#define NONBLOCKING_STREAM (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)
#define NONBLOCKING_DGRAM  (SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

struct endpoint_name {
	struct sockaddr_storage storage;
	socklen_t length;
};

static bool endpoint_name(const struct netbench_options *options, uint16_t port,
			  struct endpoint_name *ret_name, GError **error)
{
	struct ip_address address;

	if (!ip_address_parse(options->address, &address, error))
		return false;
	ret_name->length = ip_address_to_sockaddr(&address, port, &ret_name->storage);
	return true;
}

static int open_bound(const struct endpoint_name *name, int type, GError **error)
{
	autoclose int fd = socket(name->storage.ss_family, type, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0) {
		failure_errno(error, "socket");
		return -1;
	}
	if (bind(fd, (const struct sockaddr *)&name->storage, name->length) < 0) {
		failure_errno(error, "bind");
		return -1;
	}
	return g_steal_fd(&fd);
}

static bool bound_port(int fd, uint16_t *ret_port, GError **error)
{
	struct endpoint_name name = {.length = sizeof(name.storage)};
	struct ip_address address;

	if (getsockname(fd, (struct sockaddr *)&name.storage, &name.length) < 0)
		return failure_errno(error, "getsockname");
	return ip_address_from_sockaddr((struct sockaddr *)&name.storage, &address, ret_port);
}

static bool set_congestion(int fd, const char *congestion, GError **error)
{
	if (!congestion)
		return true;
	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, strlen(congestion)) < 0)
		return failure_errno(error, "congestion control %s", congestion);
	return true;
}

static bool listen_once(const struct netbench_options *options, int *ret_listener,
			int *ret_datagrams, uint16_t *ret_port, GError **error)
{
	autoclose int listener = -1, datagrams = -1;
	int buffer = DATAGRAM_BUFFER;
	struct endpoint_name name;
	uint16_t port;

	if (!endpoint_name(options, options->port, &name, error))
		return false;
	listener = open_bound(&name, NONBLOCKING_STREAM, error);
	if (listener < 0 || !set_congestion(listener, options->congestion, error))
		return false;
	if (!bound_port(listener, &port, error) || !endpoint_name(options, port, &name, error))
		return false;
	datagrams = open_bound(&name, NONBLOCKING_DGRAM, error);
	if (datagrams < 0)
		return false;
	if (setsockopt(datagrams, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) < 0)
		return failure_errno(error, "SO_RCVBUF");
	if (listen(listener, SOMAXCONN) < 0)
		return failure_errno(error, "listen");
	*ret_listener = g_steal_fd(&listener);
	*ret_datagrams = g_steal_fd(&datagrams);
	*ret_port = port;
	return true;
}

bool endpoint_listen(const struct netbench_options *options, int *ret_listener, int *ret_datagrams,
		     uint16_t *ret_port, GError **error)
{
	/* A port that is free for TCP may be taken for UDP. */
	for (int attempt = 1; options->port == 0 && attempt < BIND_ATTEMPTS; attempt++) {
		if (listen_once(options, ret_listener, ret_datagrams, ret_port, NULL))
			return true;
	}
	return listen_once(options, ret_listener, ret_datagrams, ret_port, error);
}

static int open_connecting(const struct netbench_options *options, int type, GError **error)
{
	struct timeval limit = {.tv_sec = options->seconds + GRACE_SECONDS};
	struct endpoint_name name;

	if (!endpoint_name(options, options->port, &name, error))
		return -1;
	autoclose int fd = socket(name.storage.ss_family, type, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0) {
		failure_errno(error, "socket");
		return -1;
	}
	if (connect(fd, (struct sockaddr *)&name.storage, name.length) < 0 &&
	    errno != EINPROGRESS) {
		failure_errno(error, "connect to %s port %d", options->address, options->port);
		return -1;
	}
	return g_steal_fd(&fd);
}

int endpoint_connect(const struct netbench_options *options, GError **error)
{
	autoclose int fd = open_connecting(options, SOCK_STREAM | SOCK_CLOEXEC, error);
	int on = 1;

	if (fd < 0 || !set_congestion(fd, options->congestion, error))
		return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0) {
		failure_errno(error, "TCP_NODELAY");
		return -1;
	}
	return g_steal_fd(&fd);
}

int endpoint_connect_start(const struct netbench_options *options, GError **error)
{
	return open_connecting(options, NONBLOCKING_STREAM, error);
}

int endpoint_connect_datagram(const struct netbench_options *options, GError **error)
{
	return open_connecting(options, NONBLOCKING_DGRAM, error);
}

bool endpoint_send(int socket, const void *data, size_t size, GError **error)
{
	const char *position = data;

	while (size > 0) {
		ssize_t sent = send(socket, position, size, MSG_NOSIGNAL);

		if (sent < 0)
			return failure_errno(error, "send");
		position += sent;
		size -= sent;
	}
	return true;
}

bool endpoint_receive(int socket, void *buffer, size_t size, GError **error)
{
	ssize_t received = recv(socket, buffer, size, MSG_WAITALL);

	if (received < 0)
		return failure_errno(error, "receive");
	if ((size_t)received == size)
		return true;
	failure_set(error, EPIPE, NULL, "the server's answer is incomplete");
	return false;
}
