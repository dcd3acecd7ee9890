/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_route - which addresses are the host's own */
#include "forwarder/host_route.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* A reply has a route and a handful of attributes. */
#define REPLY_SIZE 4096

struct host_route {
	int fd;
	uint32_t sequence;
};

struct question {
	struct nlmsghdr header;
	struct rtmsg route;
	struct rtattr attribute;
	uint8_t address[16];
};

struct host_route *host_route_new(GError **error)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	autoclose int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	/* Connected, it hears the kernel alone. */
	if (fd < 0 || connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
		failure_errno(error, "open a socket to the kernel's routing");
		return NULL;
	}
	struct host_route *route = g_new0(struct host_route, 1);
	route->fd = g_steal_fd(&fd);
	return route;
}

void host_route_free(struct host_route *route)
{
	if (!route)
		return;
	close(route->fd);
	g_free(route);
}

static bool ask(const struct host_route *route, const struct ip_address *address, uint32_t sequence)
{
	unsigned size = ip_address_bits(address) / 8;
	struct question question = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)) + RTA_SPACE(size),
			   .nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST,
			   .nlmsg_seq = sequence},
		.route = {.rtm_family = (unsigned char)address->family,
			  .rtm_dst_len = (unsigned char)ip_address_bits(address)},
		.attribute = {.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = RTA_DST},
	};

	memcpy(question.address, address->bytes, size);
	return send(route->fd, &question, question.header.nlmsg_len, 0) ==
	       (ssize_t)question.header.nlmsg_len;
}

/* The reply is there when send(2) returns; replies to questions that failed are passed over. */
static bool hear(const struct host_route *route, uint32_t sequence, bool *ret_is_local)
{
	union {
		struct nlmsghdr header;
		char bytes[REPLY_SIZE];
	} reply;

	for (;;) {
		ssize_t size = recv(route->fd, &reply, sizeof(reply), 0);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < (ssize_t)sizeof(reply.header))
			return false;
		if (reply.header.nlmsg_seq != sequence)
			continue;
		if (reply.header.nlmsg_type == NLMSG_ERROR) {
			/* No route leads there: to nobody, so not to the host. */
			*ret_is_local = false;
			return true;
		}
		if (reply.header.nlmsg_type != RTM_NEWROUTE ||
		    size < (ssize_t)NLMSG_LENGTH(sizeof(struct rtmsg)))
			return false;
		const struct rtmsg *message = NLMSG_DATA(&reply.header);
		*ret_is_local = message->rtm_type == RTN_LOCAL || message->rtm_type == RTN_ANYCAST;
		return true;
	}
}

bool host_route_is_local(struct host_route *route, const struct ip_address *address)
{
	uint32_t sequence = ++route->sequence;
	bool is_local;

	return !ask(route, address, sequence) || !hear(route, sequence, &is_local) || is_local;
}
