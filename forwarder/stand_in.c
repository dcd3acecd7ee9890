/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stand_in - sockets that take the place of those that libslirp makes */
#include "forwarder/stand_in.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"

int stand_in_open_useless(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/*
 * To connect a socket of datagrams sends nothing, and needs a route alone: of IPv4 the loopback
 * interface is one to everywhere.
 */
int stand_in_open(sa_family_t family)
{
	autoclose int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && family == AF_INET)
		(void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", strlen("lo"));
	return g_steal_fd(&fd);
}

bool stand_in_is_at(int slirp_fd, int stand_in)
{
	struct stat of_a, of_b;

	return slirp_fd >= 0 && fstat(slirp_fd, &of_a) == 0 && fstat(stand_in, &of_b) == 0 &&
	       of_a.st_ino == of_b.st_ino && of_a.st_dev == of_b.st_dev;
}
