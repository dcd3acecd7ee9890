/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transparent - sockets that may have foreign addresses (IP_TRANSPARENT, ip(7)) */
#include "link/transparent.h"

#include <linux/in6.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "src/autoclose.h"

static bool enable(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

int transparent_socket(int family, int type)
{
	autoclose int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !enable(fd, SOL_SOCKET, SO_REUSEADDR))
		return -1;
	if (family == AF_INET)
		return enable(fd, SOL_IP, IP_TRANSPARENT) ? g_steal_fd(&fd) : -1;
	if (!enable(fd, SOL_IPV6, IPV6_V6ONLY) || !enable(fd, SOL_IPV6, IPV6_TRANSPARENT))
		return -1;
	return g_steal_fd(&fd);
}
