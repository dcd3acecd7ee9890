/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink - an rtnetlink socket and the requests that netconfig and gateway share, over libnl */
#include "link/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>

#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/route.h>

#include "src/failure.h"

/* RFC 2863 "up"; <linux/if.h> has it and cannot be included beside <net/if.h>. */
#define IF_OPER_UP	       6
#define OPERATIONAL_TIMEOUT_MS 5000

static int keep_errno(struct sockaddr_nl *peer G_GNUC_UNUSED, struct nlmsgerr *refusal,
		      void *opaque)
{
	struct netlink *netlink = opaque;

	netlink->errnum = -refusal->error;
	return NL_STOP;
}

bool netlink_init(struct netlink *netlink, GError **error)
{
	*netlink = (struct netlink){.socket = nl_socket_alloc()};
	if (!netlink->socket) {
		failure_set(error, ENOMEM, NULL, "no memory for a netlink socket");
		return false;
	}

	int nlerr = nl_connect(netlink->socket, NETLINK_ROUTE);
	if (nlerr < 0) {
		netlink_failure(netlink, nlerr, error, "open an rtnetlink socket");
		netlink_done(netlink);
		return false;
	}
	nl_socket_modify_err_cb(netlink->socket, NL_CB_CUSTOM, keep_errno, netlink);
	return true;
}

void netlink_done(struct netlink *netlink)
{
	if (netlink->socket)
		nl_socket_free(netlink->socket);
	netlink->socket = NULL;
}

bool netlink_failure(struct netlink *netlink, int nlerr, GError **error, const char *format, ...)
{
	const char *cause = netlink->errnum ? g_strerror(netlink->errnum) : nl_geterror(nlerr);
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	failure_set(error, netlink->errnum, NULL, "%s: %s", what, cause);
	netlink->errnum = 0;
	return false;
}

int netlink_find_link(const char *ifname, GError **error)
{
	unsigned ifindex = if_nametoindex(ifname);

	if (!ifindex)
		failure_errno(error, "find the network device %s", ifname);
	return (int)ifindex;
}

bool netlink_change_link(struct netlink *netlink, const char *ifname, struct rtnl_link *link,
			 GError **error)
{
	struct rtnl_link *original = rtnl_link_alloc();
	int ifindex = netlink_find_link(ifname, error);
	int nlerr = 0;

	if (ifindex) {
		rtnl_link_set_ifindex(original, ifindex);
		nlerr = rtnl_link_change(netlink->socket, original, link, 0);
	}
	rtnl_link_put(original);
	rtnl_link_put(link);
	if (nlerr < 0)
		return netlink_failure(netlink, nlerr, error, "configure the network device %s",
				       ifname);
	return ifindex != 0;
}

bool netlink_add_link(struct netlink *netlink, struct rtnl_link *link, GError **error)
{
	g_autofree char *name = g_strdup(rtnl_link_get_name(link));
	g_autofree char *type = g_strdup(rtnl_link_get_type(link));
	int nlerr = rtnl_link_add(netlink->socket, link, NLM_F_CREATE | NLM_F_EXCL);

	rtnl_link_put(link);
	if (nlerr < 0)
		return netlink_failure(netlink, nlerr, error, "make the %s device %s", type, name);
	return true;
}

struct look {
	struct netlink *netlink;
	const char *ifname;
	int ifindex;
	struct nl_addr *address;
};

static struct nl_sock *open_events(int group)
{
	struct nl_sock *events = nl_socket_alloc();

	if (!events)
		return NULL;
	nl_socket_disable_seq_check(events);
	if (nl_connect(events, NETLINK_ROUTE) == 0 &&
	    nl_socket_add_memberships(events, group, 0) == 0)
		return events;
	nl_socket_free(events);
	return NULL;
}

/*
 * Looks again at each change of the group (RTNLGRP_), until it is so or OPERATIONAL_TIMEOUT_MS pass
 * without any. False on error.
 */
static bool wait_until(bool (*is_so)(const struct look *look), const struct look *look, int group,
		       bool *ret_so, GError **error)
{
	*ret_so = is_so(look);
	if (*ret_so)
		return true;
	struct nl_sock *events = open_events(group);
	if (!events)
		return failure_errno(error, "watch the network device %s", look->ifname);
	struct pollfd event = {.fd = nl_socket_get_fd(events), .events = POLLIN};
	/* First what changed before we were subscribed. */
	while (!(*ret_so = is_so(look)) && poll(&event, 1, OPERATIONAL_TIMEOUT_MS) == 1)
		nl_recvmsgs_default(events);
	nl_socket_free(events);
	return true;
}

/* A TAP has its carrier from the start; its state stays unknown. */
static bool is_operational(const struct look *look)
{
	struct rtnl_link *link = NULL;

	if (rtnl_link_get_kernel(look->netlink->socket, look->ifindex, NULL, &link) < 0)
		return false;
	bool operational = rtnl_link_get_operstate(link) == IF_OPER_UP ||
			   g_strcmp0(rtnl_link_get_type(link), "tun") == 0;
	rtnl_link_put(link);
	return operational;
}

bool netlink_wait_until_operational(struct netlink *netlink, const char *ifname, GError **error)
{
	const struct look look = {netlink, ifname, netlink_find_link(ifname, error), NULL};
	bool is_up;

	if (!look.ifindex || !wait_until(is_operational, &look, RTNLGRP_LINK, &is_up, error))
		return false;
	if (!is_up)
		failure_set(error, ETIMEDOUT, NULL, "the network device %s does not come up",
			    ifname);
	return is_up;
}

static int keep_route_type(struct nl_msg *message, void *opaque)
{
	const struct rtmsg *route = nlmsg_data(nlmsg_hdr(message));
	bool *ret_is_local = opaque;

	*ret_is_local = route->rtm_type == RTN_LOCAL || route->rtm_type == RTN_ANYCAST;
	return NL_OK;
}

static bool is_local(const struct look *look)
{
	const struct rtmsg route = {
		.rtm_family = (unsigned char)nl_addr_get_family(look->address),
		.rtm_dst_len = (unsigned char)nl_addr_get_prefixlen(look->address),
	};
	struct nl_sock *socket = look->netlink->socket;
	struct nl_msg *message = nlmsg_alloc_simple(RTM_GETROUTE, 0);
	bool local = false;

	if (!message)
		return false;
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, keep_route_type, &local);
	if (nlmsg_append(message, (void *)&route, sizeof(route), NLMSG_ALIGNTO) == 0 &&
	    nla_put_addr(message, RTA_DST, look->address) == 0 &&
	    nl_send_auto(socket, message) >= 0 && nl_recvmsgs_default(socket) == 0)
		nl_wait_for_ack(socket);
	nlmsg_free(message);
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	look->netlink->errnum = 0;
	return local;
}

bool netlink_wait_until_local(struct netlink *netlink, const char *ifname,
			      const struct ip_address *address, GError **error)
{
	const struct look look = {netlink, ifname, 0,
				  netlink_address(address, ip_address_bits(address))};
	bool local;
	bool ok = wait_until(is_local, &look, RTNLGRP_IPV6_ROUTE, &local, error);

	nl_addr_put(look.address);
	if (ok && !local) {
		char text[IP_ADDRESS_TEXT_SIZE];
		failure_set(error, ETIMEDOUT, NULL, "the kernel does not take up the address %s",
			    ip_address_text(address, text));
	}
	return ok && local;
}

static bool is_gone(const struct look *look)
{
	return !if_nametoindex(look->ifname);
}

bool netlink_wait_until_gone(const char *ifname, GError **error)
{
	const struct look look = {.ifname = ifname};
	bool gone;

	if (!wait_until(is_gone, &look, RTNLGRP_LINK, &gone, error))
		return false;
	if (!gone)
		failure_set(error, EEXIST, "take another name, or delete the device",
			    "the network device %s exists already", ifname);
	return gone;
}

bool netlink_rename_link(struct netlink *netlink, const char *ifname, const char *name,
			 GError **error)
{
	struct rtnl_link *down = rtnl_link_alloc();
	struct rtnl_link *renamed = rtnl_link_alloc();

	/* Before Linux 6.2 a device must be down for that. */
	rtnl_link_unset_flags(down, IFF_UP);
	rtnl_link_set_name(renamed, name);
	if (netlink_change_link(netlink, ifname, down, error))
		return netlink_change_link(netlink, ifname, renamed, error);
	rtnl_link_put(renamed);
	return false;
}

struct address_search {
	int ifindex;
	bool found;
};

static void match_address(struct nl_object *object, void *opaque)
{
	struct rtnl_addr *address = (struct rtnl_addr *)object;
	struct address_search *search = opaque;

	if (rtnl_addr_get_ifindex(address) == search->ifindex &&
	    rtnl_addr_get_scope(address) < RT_SCOPE_LINK)
		search->found = true;
}

bool netlink_has_address(struct netlink *netlink, const char *ifname, bool *ret_has, GError **error)
{
	struct address_search search = {.ifindex = netlink_find_link(ifname, error)};
	struct nl_cache *addresses;

	if (!search.ifindex)
		return false;
	int nlerr = rtnl_addr_alloc_cache(netlink->socket, &addresses);
	if (nlerr < 0)
		return netlink_failure(netlink, nlerr, error, "list the addresses of %s", ifname);
	nl_cache_foreach(addresses, match_address, &search);
	nl_cache_free(addresses);
	*ret_has = search.found;
	return true;
}

bool netlink_delete_link(struct netlink *netlink, const char *ifname, GError **error)
{
	struct rtnl_link *link = rtnl_link_alloc();

	rtnl_link_set_name(link, ifname);
	int nlerr = rtnl_link_delete(netlink->socket, link);
	rtnl_link_put(link);
	if (nlerr < 0 && netlink->errnum != ENODEV)
		return netlink_failure(netlink, nlerr, error, "delete the network device %s",
				       ifname);
	netlink->errnum = 0;
	return true;
}

bool netlink_raise_loopback(struct netlink *netlink, GError **error)
{
	struct rtnl_link *link = rtnl_link_alloc();

	rtnl_link_set_flags(link, IFF_UP);
	return netlink_change_link(netlink, "lo", link, error);
}

struct nl_addr *netlink_address(const struct ip_address *address, unsigned prefix_length)
{
	struct nl_addr *result =
		nl_addr_build(address->family, address->bytes, ip_address_bits(address) / 8);

	nl_addr_set_prefixlen(result, (int)prefix_length);
	return result;
}

void netlink_set_mac(struct rtnl_link *link, const struct mac_address *mac)
{
	struct nl_addr *address = nl_addr_build(AF_LLC, mac->bytes, sizeof(mac->bytes));

	rtnl_link_set_addr(link, address);
	nl_addr_put(address);
}

static struct rtnl_nexthop *make_nexthop(const struct netlink_route *route)
{
	struct rtnl_nexthop *nexthop = rtnl_route_nh_alloc();

	rtnl_route_nh_set_ifindex(nexthop, route->ifindex);
	if (route->via) {
		struct nl_addr *via = netlink_address(route->via, ip_address_bits(route->via));
		rtnl_route_nh_set_gateway(nexthop, via);
		nl_addr_put(via);
		if (route->is_onlink)
			rtnl_route_nh_set_flags(nexthop, RTNH_F_ONLINK);
	}
	return nexthop;
}

bool netlink_add_default_route(struct netlink *netlink, const struct netlink_route *route,
			       GError **error)
{
	struct ip_address any = {.family = (sa_family_t)route->family};
	struct nl_addr *destination = netlink_address(&any, 0);
	struct rtnl_route *request = rtnl_route_alloc();

	rtnl_route_set_family(request, (uint8_t)route->family);
	rtnl_route_set_table(request, route->table);
	rtnl_route_set_type(request, (uint8_t)route->type);
	rtnl_route_set_scope(request, (uint8_t)route->scope);
	rtnl_route_set_protocol(request, RTPROT_BOOT);
	rtnl_route_set_dst(request, destination);
	rtnl_route_add_nexthop(request, make_nexthop(route));

	int nlerr = rtnl_route_add(netlink->socket, request, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_route_put(request);
	nl_addr_put(destination);
	if (nlerr < 0)
		return netlink_failure(netlink, nlerr, error, "add the IPv%d default route",
				       route->family == AF_INET ? 4 : 6);
	return true;
}

bool netlink_has_default_route(struct netlink *netlink, const char *ifname,
			       const struct ip_address *router, bool *ret_has, GError **error)
{
	int ifindex = netlink_find_link(ifname, error);
	struct nl_cache *routes;

	if (!ifindex)
		return false;
	int nlerr = rtnl_route_alloc_cache(netlink->socket, router->family, 0, &routes);
	if (nlerr < 0)
		return netlink_failure(netlink, nlerr, error, "list the routes");
	struct nl_addr *via = netlink_address(router, ip_address_bits(router));
	*ret_has = false;
	for (struct nl_object *at = nl_cache_get_first(routes); at; at = nl_cache_get_next(at)) {
		struct rtnl_route *route = (struct rtnl_route *)at;
		struct rtnl_nexthop *nexthop = rtnl_route_nexthop_n(route, 0);

		*ret_has |= nl_addr_get_prefixlen(rtnl_route_get_dst(route)) == 0 && nexthop &&
			    rtnl_route_nh_get_ifindex(nexthop) == ifindex &&
			    rtnl_route_nh_get_gateway(nexthop) &&
			    nl_addr_cmp(rtnl_route_nh_get_gateway(nexthop), via) == 0;
	}
	nl_addr_put(via);
	nl_cache_free(routes);
	return true;
}
