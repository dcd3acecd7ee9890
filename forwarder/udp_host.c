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

static bool report_errors(int fd, sa_family_t family)
{
	return family == AF_INET ? enable(fd, SOL_IP, IP_RECVERR)
				 : enable(fd, SOL_IPV6, IPV6_RECVERR);
}

int udp_host_open(sa_family_t family, const struct way_out *way_out)
{
	autoclose int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || (family == AF_INET6 && !enable(fd, SOL_IPV6, IPV6_V6ONLY)) ||
	    !report_errors(fd, family) || !way_out_bind_datagram(way_out, fd, family))
		return -1;
	return g_steal_fd(&fd);
}

bool udp_host_prepare_published(int fd, sa_family_t family)
{
	if (!report_errors(fd, family) ||
	    !(family == AF_INET ? enable(fd, SOL_IP, IP_PKTINFO)
				: enable(fd, SOL_IPV6, IPV6_RECVPKTINFO)))
		return false;
	udp_io_prepare_bulk(fd);
	return true;
}
