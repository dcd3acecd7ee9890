/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_host - the host's sockets of UDP mappings */
#include "forwarder/udp_host.h"

#include <linux/in6.h>
#include <sys/socket.h>

#include "forwarder/udp_io.h"
#include "src/autoclose.h"

static bool enable(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

int udp_host_open(sa_family_t family)
{
	autoclose int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (family == AF_INET)
		return enable(fd, SOL_IP, IP_RECVERR) ? g_steal_fd(&fd) : -1;
	if (!enable(fd, SOL_IPV6, IPV6_V6ONLY) || !enable(fd, SOL_IPV6, IPV6_RECVERR))
		return -1;
	return g_steal_fd(&fd);
}

int udp_host_open_published(const struct ip_address *host, uint16_t port)
{
	autoclose int fd = udp_host_open(host->family);
	struct sockaddr_storage address;
	socklen_t size = ip_address_to_sockaddr(host, port, &address);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	if (host->family == AF_INET ? !enable(fd, SOL_IP, IP_PKTINFO)
				    : !enable(fd, SOL_IPV6, IPV6_RECVPKTINFO))
		return -1;
	udp_io_prepare_bulk(fd);
	return g_steal_fd(&fd);
}
