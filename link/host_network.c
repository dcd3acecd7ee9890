/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_network - by which interface, address and router the host reaches the world */
#include "link/host_network.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <netlink/msg.h>

#include "link/netlink.h"
#include "src/failure.h"

/* How often a dump that was interrupted by a change is repeated. */
#define DUMP_ATTEMPTS 8

struct search {
	int family;
	unsigned wanted;  /* interface, or 0 for any */
	unsigned ifindex; /* that was found */
	bool has_route;
	uint32_t metric; /* of the route so far */
	struct ip_address router;
	bool has_address;
	struct ip_address address;
	unsigned length;
};

static uint32_t number_of(const struct nlattr *attribute)
{
	return attribute ? nla_get_u32(attribute) : 0;
}

static struct ip_address address_of(int family, const struct nlattr *attribute)
{
	struct ip_address address = {.family = AF_UNSPEC};

	if (!attribute)
		return address;
	address.family = (sa_family_t)family;
	nla_memcpy(address.bytes, attribute, (int)(ip_address_bits(&address) / 8));
	return address;
}

/* Of a route over several, the first takes part. */
static void read_next_hop(struct nlattr **attributes, int family, unsigned *ret_ifindex,
			  struct ip_address *ret_router)
{
	const struct nlattr *multipath = attributes[RTA_MULTIPATH];
	struct nlattr *hop[RTA_MAX + 1];

	*ret_ifindex = number_of(attributes[RTA_OIF]);
	*ret_router = address_of(family, attributes[RTA_GATEWAY]);
	if (!multipath || nla_len(multipath) < (int)sizeof(struct rtnexthop))
		return;
	struct rtnexthop *next = nla_data(multipath);
	if (next->rtnh_len > nla_len(multipath) || next->rtnh_len < sizeof(*next) ||
	    nla_parse(hop, RTA_MAX, (struct nlattr *)(void *)RTNH_DATA(next),
		      next->rtnh_len - (int)sizeof(*next), NULL) < 0)
		return;
	*ret_ifindex = (unsigned)next->rtnh_ifindex;
	*ret_router = address_of(family, hop[RTA_GATEWAY]);
}

static int take_route(struct nl_msg *message, void *opaque)
{
	struct search *search = opaque;
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct nlattr *attributes[RTA_MAX + 1];
	struct ip_address router;
	unsigned ifindex;

	if (header->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(header, sizeof(struct rtmsg), attributes, RTA_MAX, NULL) < 0)
		return NL_OK;
	const struct rtmsg *route = nlmsg_data(header);
	if (route->rtm_family != search->family || route->rtm_dst_len != 0 ||
	    route->rtm_type != RTN_UNICAST || route->rtm_table != RT_TABLE_MAIN)
		return NL_OK;
	uint32_t metric = number_of(attributes[RTA_PRIORITY]);
	read_next_hop(attributes, search->family, &ifindex, &router);
	if (ifindex == 0 || (search->wanted && search->wanted != ifindex) ||
	    (search->has_route && metric >= search->metric))
		return NL_OK;
	search->has_route = true;
	search->metric = metric;
	search->router = router;
	search->ifindex = ifindex;
	return NL_OK;
}

static int take_address(struct nl_msg *message, void *opaque)
{
	struct search *search = opaque;
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct nlattr *attributes[IFA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWADDR || search->has_address ||
	    nlmsg_parse(header, sizeof(struct ifaddrmsg), attributes, IFA_MAX, NULL) < 0)
		return NL_OK;
	const struct ifaddrmsg *address = nlmsg_data(header);
	uint32_t flags =
		attributes[IFA_FLAGS] ? nla_get_u32(attributes[IFA_FLAGS]) : address->ifa_flags;
	if (address->ifa_family != search->family || address->ifa_index != search->ifindex ||
	    address->ifa_scope != RT_SCOPE_UNIVERSE)
		return NL_OK;
	/* One of IPv6 that is about to go, or that is for privacy, is a poor one to keep. */
	if (search->family == AF_INET6 &&
	    flags & (IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_TEMPORARY | IFA_F_DADFAILED))
		return NL_OK;
	search->address =
		address_of(search->family,
			   attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS]);
	search->length = address->ifa_prefixlen;
	search->has_address = search->address.family != AF_UNSPEC;
	return NL_OK;
}

static bool dump(struct netlink *netlink, int type, nl_recvmsg_msg_cb_t take, struct search *search,
		 GError **error)
{
	struct rtgenmsg request = {.rtgen_family = (unsigned char)search->family};
	int nlerr = -NLE_DUMP_INTR;

	nl_socket_modify_cb(netlink->socket, NL_CB_VALID, NL_CB_CUSTOM, take, search);
	for (int i = 0; nlerr == -NLE_DUMP_INTR && i < DUMP_ATTEMPTS; i++) {
		nlerr = nl_send_simple(netlink->socket, type, NLM_F_DUMP, &request,
				       sizeof(request));
		if (nlerr >= 0)
			nlerr = nl_recvmsgs_default(netlink->socket);
	}
	/* A kernel without IPv6 has nothing to tell. */
	if (nlerr < 0 && nlerr != -NLE_DUMP_INTR && netlink->errnum != EOPNOTSUPP)
		return netlink_failure(netlink, nlerr, error, "list the host's network");
	netlink->errnum = 0;
	return true;
}

static bool finish(const struct search *search, struct host_network *ret_network, GError **error)
{
	int version = search->family == AF_INET ? 4 : 6;
	struct host_network network = {
		.address = search->address,
		.length = search->length,
		.router = search->router,
	};

	if (!search->ifindex) {
		failure_set(error, ENOENT, NULL, "the host has no IPv%d default route", version);
		return false;
	}
	if (!if_indextoname(search->ifindex, network.ifname))
		return failure_errno(error, "find the interface of the default route");
	if (!search->has_address) {
		failure_set(error, ENOENT, NULL, "%s has no IPv%d address", network.ifname,
			    version);
		return false;
	}
	*ret_network = network;
	return true;
}

bool host_network_find(int family, const char *ifname, struct host_network *ret_network,
		       GError **error)
{
	struct search search = {.family = family};
	struct netlink netlink;

	if (ifname) {
		search.wanted = if_nametoindex(ifname);
		if (!search.wanted)
			return failure_errno(error, "Invalid interface name %s", ifname);
		search.ifindex = search.wanted;
	}
	if (!netlink_init(&netlink, error))
		return false;
	bool ok = dump(&netlink, RTM_GETROUTE, take_route, &search, error) &&
		  dump(&netlink, RTM_GETADDR, take_address, &search, error);
	netlink_done(&netlink);
	return ok && finish(&search, ret_network, error);
}
