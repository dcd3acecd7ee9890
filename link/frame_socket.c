/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_socket - a unix socket in a TAP's place: each message is a frame */
#include "link/frame_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "src/failure.h"

bool frame_socket_is(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool get_option(int fd, int option, int *ret_value)
{
	socklen_t size = sizeof(*ret_value);

	return getsockopt(fd, SOL_SOCKET, option, ret_value, &size) == 0;
}

static bool is_connected(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	return getpeername(fd, (struct sockaddr *)&address, &size) == 0;
}

bool frame_socket_adopt(int fd, GError **error)
{
	int domain, type, flags = fcntl(fd, F_GETFL);

	if (flags < 0 || !get_option(fd, SO_DOMAIN, &domain) || !get_option(fd, SO_TYPE, &type))
		return failure_errno(error, "take descriptor %d for a socket of frames", fd);
	if (domain != AF_UNIX || (type != SOCK_SEQPACKET && type != SOCK_DGRAM)) {
		failure_set(error, EINVAL, "make it with AF_UNIX and SOCK_SEQPACKET",
			    "descriptor %d is no socket that frames fit into", fd);
		return false;
	}
	if (!is_connected(fd)) {
		failure_set(error, ENOTCONN, NULL, "the socket of frames %d is not connected", fd);
		return false;
	}
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return failure_errno(error, "make the socket of frames %d non-blocking", fd);
	return true;
}
