/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fdpass - messages with file descriptors over a SOCK_SEQPACKET unix socket (unix(7)) */
#include "src/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/failure.h"

union fd_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(FDPASS_MAX_FDS * sizeof(int))];
};

bool fdpass_socketpair(int ret_pair[2], GError **error)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_pair) < 0)
		return failure_errno(error, "socketpair");
	return true;
}

bool fdpass_send(int socket, const void *data, size_t size, const int *fds, size_t n_fds,
		 GError **error)
{
	union fd_control control = {0};
	struct iovec vector = {.iov_base = (void *)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	g_return_val_if_fail(n_fds <= FDPASS_MAX_FDS, false);
	if (n_fds) {
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
	}

	ssize_t sent;
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return failure_errno(error, "send to the other process");
	return true;
}

static size_t take_fds(struct msghdr *message, int *ret_fds)
{
	size_t n_fds = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(ret_fds + n_fds, CMSG_DATA(header), count * sizeof(int));
		n_fds += count;
	}
	return n_fds;
}

ssize_t fdpass_receive(int socket, void *buffer, size_t size, int *ret_fds, size_t *ret_n_fds)
{
	union fd_control control;
	struct iovec vector = {.iov_base = buffer, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	ssize_t received;

	do
		received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return -1;

	size_t n_fds = take_fds(&message, ret_fds);
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		for (size_t i = 0; i < n_fds; i++)
			close(ret_fds[i]);
		errno = EMSGSIZE;
		return -1;
	}
	*ret_n_fds = n_fds;
	return received;
}
