/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_socket - the host's sockets that ports are published with */
#include "forwarder/host_socket.h"

#include <errno.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"

#define BACKLOG 4096

static bool enable(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

int host_socket_open(int protocol, const struct ip_address *address, uint16_t port)
{
	int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(address, port, &sockaddr);
	autoclose int fd = socket(address->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* For UDP it would let two of us have one port. */
	if (type == SOCK_STREAM && !enable(fd, SOL_SOCKET, SO_REUSEADDR))
		return -1;
	if (address->family == AF_INET6 && !enable(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return -1;
	if (bind(fd, (struct sockaddr *)&sockaddr, size) < 0)
		return -1;
	if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)
		return -1;
	return g_steal_fd(&fd);
}

static int int_option(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

static bool is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}

bool host_socket_inspect(int fd, struct host_place *ret_place, GError **error)
{
	struct sockaddr_storage sockaddr = {0};
	socklen_t size = sizeof(sockaddr);
	struct host_place place = {.protocol = int_option(fd, SO_PROTOCOL)};

	if (getsockname(fd, (struct sockaddr *)&sockaddr, &size) < 0)
		return failure_errno(error, "look at descriptor %d", fd);
	if ((place.protocol != IPPROTO_TCP && place.protocol != IPPROTO_UDP) ||
	    !ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &place.address, &place.port)) {
		failure_set(error, EPROTONOSUPPORT, NULL,
			    "descriptor %d is no socket of TCP or UDP", fd);
		return false;
	}
	if (place.protocol == IPPROTO_TCP && int_option(fd, SO_ACCEPTCONN) != 1) {
		failure_set(error, EINVAL, NULL, "the socket of descriptor %d does not listen", fd);
		return false;
	}
	if (place.port == 0 || is_connected(fd)) {
		failure_set(error, EINVAL, NULL, "the socket of descriptor %d is %s", fd,
			    place.port ? "connected" : "not bound to a port");
		return false;
	}
	*ret_place = place;
	return true;
}

void host_socket_end(int fd)
{
	/* Of a listening socket the disconnection by shutdown(2) is for all its duplicates. */
	shutdown(fd, SHUT_RDWR);
	close(fd);
}
