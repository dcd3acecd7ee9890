/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_socket - the host's sockets that ports are published with */
#include "forwarder/host_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "src/autoclose.h"
#include "src/failure.h"

#define BACKLOG 4096

static bool enable(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

static bool is_dual_stack(int fd)
{
	int v6_only = 1;
	socklen_t size = sizeof(v6_only);

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size) == 0 && !v6_only;
}

static bool bound_place(int fd, struct ip_address *ret_address, uint16_t *ret_port)
{
	struct sockaddr_storage sockaddr = {0};
	socklen_t size = sizeof(sockaddr);

	return getsockname(fd, (struct sockaddr *)&sockaddr, &size) == 0 &&
	       ip_address_from_sockaddr((struct sockaddr *)&sockaddr, ret_address, ret_port);
}

/* All that comes before bind(2). */
static int make_socket(const struct port_binding *binding)
{
	int type = binding->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	autoclose int fd = socket(binding->host.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* For UDP it would let two of us have one port. */
	if (type == SOCK_STREAM && !enable(fd, SOL_SOCKET, SO_REUSEADDR))
		return -1;
	if (binding->host.family == AF_INET6 && !enable(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return -1;
	if (binding->interface[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, binding->interface,
						(socklen_t)strlen(binding->interface)) < 0)
		return -1;
	return g_steal_fd(&fd);
}

bool host_socket_open(struct port_binding *binding)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(&binding->host, binding->host_port, &sockaddr);
	autoclose int fd = make_socket(binding);
	struct ip_address address;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sockaddr, size) < 0)
		return false;
	if (binding->protocol == IPPROTO_TCP && listen(fd, BACKLOG) < 0)
		return false;
	if (binding->host_port == 0 && !bound_place(fd, &address, &binding->host_port))
		return false;
	binding->fd = g_steal_fd(&fd);
	return true;
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

/* Its number is ours: whoever has sent it knows it by another one. */
static bool refuse(GError **error, int errnum, const char *problem)
{
	failure_set(error, errnum, "take one that listens for TCP, or is bound for UDP",
		    "the descriptor %s", problem);
	return false;
}

bool host_socket_inspect(int fd, struct host_place *ret_place, GError **error)
{
	struct host_place place = {.protocol = int_option(fd, SO_PROTOCOL)};
	int flags = fcntl(fd, F_GETFL);

	if (place.protocol < 0)
		return refuse(error, errno, "is no socket");
	if ((place.protocol != IPPROTO_TCP && place.protocol != IPPROTO_UDP) ||
	    !bound_place(fd, &place.address, &place.port))
		return refuse(error, EPROTONOSUPPORT, "is no socket of TCP or UDP");
	if (place.protocol == IPPROTO_TCP && int_option(fd, SO_ACCEPTCONN) != 1)
		return refuse(error, EINVAL, "is a socket that does not listen");
	if (place.port == 0)
		return refuse(error, EINVAL, "is a socket that is not bound to a port");
	if (is_connected(fd))
		return refuse(error, EINVAL, "is a socket that is connected");
	place.is_dual = is_dual_stack(fd) && place.address.family == AF_INET6;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return failure_errno(error, "prepare descriptor %d", fd);
	*ret_place = place;
	return true;
}

bool host_socket_is_same(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

void host_socket_end(int fd)
{
	/* Of a listening socket the disconnection by shutdown(2) is for all its duplicates. */
	shutdown(fd, SHUT_RDWR);
	close(fd);
}
