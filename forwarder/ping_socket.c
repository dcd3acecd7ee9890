/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ping_socket - the host's ping sockets (icmp(7)): open, send by, receive from */
#include "forwarder/ping_socket.h"

#include <string.h>
#include <sys/socket.h>

#include "src/autoclose.h"

static bool enable(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

int ping_socket_open(sa_family_t family, const struct way_out *way_out)
{
	bool v4 = family == AF_INET;
	autoclose int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				  v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	if (fd < 0 || !way_out_bind_datagram(way_out, fd, family) ||
	    !enable(fd, v4 ? SOL_IP : SOL_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR) ||
	    !enable(fd, v4 ? SOL_IP : SOL_IPV6, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT))
		return -1;
	return g_steal_fd(&fd);
}

static void read_control(const struct cmsghdr *control, struct ping_message *message)
{
	const struct sock_extended_err *cause = (const void *)CMSG_DATA(control);
	bool v4 = control->cmsg_level == SOL_IP;
	int value;
	uint16_t port;

	if (control->cmsg_type == (v4 ? IP_TTL : IPV6_HOPLIMIT)) {
		memcpy(&value, CMSG_DATA(control), sizeof(value));
		message->hop_limit = (uint8_t)CLAMP(value, 1, 255);
	} else if (control->cmsg_type == (v4 ? IP_RECVERR : IPV6_RECVERR)) {
		message->has_cause = true;
		memcpy(&message->cause, cause, sizeof(*cause));
		ip_address_from_sockaddr(SO_EE_OFFENDER(cause), &message->offender, &port);
	}
}

bool ping_socket_receive(int fd, int flags, uint8_t *buffer, struct ping_message *ret_message)
{
	_Alignas(struct cmsghdr) char control[512];
	struct sockaddr_storage name = {0};
	struct iovec vector = {buffer, PING_MESSAGE_MAX};
	struct msghdr header = {
		.msg_name = &name,
		.msg_namelen = sizeof(name),
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size = recvmsg(fd, &header, flags | MSG_DONTWAIT);
	uint16_t port;

	if (size < 0)
		return false;
	*ret_message = (struct ping_message){.size = (size_t)size};
	ip_address_from_sockaddr((struct sockaddr *)&name, &ret_message->from, &port);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c))
		if (c->cmsg_level == SOL_IP || c->cmsg_level == SOL_IPV6)
			read_control(c, ret_message);
	return true;
}

bool ping_socket_send(int fd, const struct ip_address *to, uint8_t hop_limit, const uint8_t *data,
		      size_t size)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	bool v4 = to->family == AF_INET;
	const int hops = hop_limit;
	struct sockaddr_storage name;
	struct iovec vector = {(void *)data, size};
	struct msghdr header = {
		.msg_name = &name,
		.msg_namelen = ip_address_to_sockaddr(to, 0, &name),
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *member = CMSG_FIRSTHDR(&header);

	member->cmsg_level = v4 ? SOL_IP : SOL_IPV6;
	member->cmsg_type = v4 ? IP_TTL : IPV6_HOPLIMIT;
	member->cmsg_len = CMSG_LEN(sizeof(hops));
	memcpy(CMSG_DATA(member), &hops, sizeof(hops));
	return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}
