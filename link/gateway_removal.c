/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_removal - takes the gateway's devices away, by a process that can do little else */
#include "link/gateway_removal.h"

#include <sys/socket.h>

#include "link/gateway_links.h"
#include "link/netlink.h"
#include "src/autoclose.h"
#include "src/failure.h"

bool gateway_removal_prepare(struct gateway_removal *ret_removal, GError **error)
{
	int ifindex = netlink_find_link(GATEWAY_UPLINK, error);
	autoclose int fd = -1;

	if (!ifindex)
		return false;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return failure_errno(error, "open an rtnetlink socket");
	*ret_removal = (struct gateway_removal){
		.request.header = {.nlmsg_len = sizeof(ret_removal->request),
				   .nlmsg_type = RTM_DELLINK,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.request.link = {.ifi_family = AF_UNSPEC, .ifi_index = ifindex},
		.socket = g_steal_fd(&fd),
	};
	return true;
}

void gateway_remove(const struct gateway_removal *removal)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	char answer[256];
	struct iovec part = {.iov_base = (void *)&removal->request,
			     .iov_len = sizeof(removal->request)};
	struct msghdr message = {.msg_name = &kernel,
				 .msg_namelen = sizeof(kernel),
				 .msg_iov = &part,
				 .msg_iovlen = 1};

	if (sendmsg(removal->socket, &message, 0) < 0)
		return;
	part = (struct iovec){.iov_base = answer, .iov_len = sizeof(answer)};
	recvmsg(removal->socket, &message, 0);
}
