/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_probe - finds a host port that nobody has bound */
#include "forwarder/port_probe.h"

#include <errno.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* Binds a socket of its own; returns it, or -1 with errno set. */
static int bind_probe(int protocol, const struct ip_address *address, uint16_t port)
{
	int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	autoclose int fd = socket(address->family, type | SOCK_CLOEXEC, protocol);
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(address, port, &sockaddr);
	const int on = 1;

	if (fd < 0)
		return -1;
	/* Or [::] would collide with the IPv4 probe. */
	if (address->family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&sockaddr, size) < 0)
		return -1;
	return g_steal_fd(&fd);
}

static bool bound_port(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage sockaddr = {0};
	socklen_t size = sizeof(sockaddr);
	struct ip_address address;

	return getsockname(fd, (struct sockaddr *)&sockaddr, &size) == 0 &&
	       ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &address, ret_port);
}

static bool is_free_in_ipv6(int protocol, uint16_t port)
{
	const struct ip_address any = {.family = AF_INET6};
	autoclose int fd = bind_probe(protocol, &any, port);

	return fd >= 0 || errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
}

bool port_probe_find_free(int protocol, const struct ip_address *host, bool also_ipv6,
			  uint16_t *ret_port, GError **error)
{
	autoclose int fd = bind_probe(protocol, host, 0);
	uint16_t port;

	if (fd < 0 || !bound_port(fd, &port))
		return failure_errno(error, "look for a free port");
	if (also_ipv6 && !is_free_in_ipv6(protocol, port))
		return failure_errno(error, "look for a port that is free in both families");
	*ret_port = port;
	return true;
}
