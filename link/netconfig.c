/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netconfig - links, addresses, routes and sysctls of a network namespace, by rtnetlink */
#include "link/netconfig.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include <netlink/msg.h>
#include <netlink/route/addr.h>

#include "link/netlink.h"
#include "link/sysctl.h"
#include "src/failure.h"

/* RFC 8200, section 5. */
#define IPV6_MTU_MIN 1280
/* How often a dump that was interrupted by a change of the routes is repeated. */
#define DUMP_ATTEMPTS 8

/*
 * Choosing a prefix: each candidate's *cover* is the length of the most specific route that it
 * overlaps. The least covered candidate wins, the earlier one in a tie. So default routes (length
 * 0) never matter, and where a VPN routes all private space, the broadest of its routes gives way.
 */
struct candidate {
	struct ip_prefix prefix;
	unsigned cover;
};

static const char *const v4_candidates[] = {
	"10.0.2.0/24",	    "10.0.3.0/24",    "10.13.37.0/24",	 "10.90.2.0/24",
	"10.211.2.0/24",    "172.16.2.0/24",  "172.20.2.0/24",	 "172.29.2.0/24",
	"172.31.2.0/24",    "192.168.2.0/24", "192.168.77.0/24", "192.168.142.0/24",
	"192.168.233.0/24",
};

static const char *const v6_candidates[] = {
	"fd00::/64",	       "fd00:0:0:2::/64",     "fd00:a00:200::/64",
	"fd4e:9d2a:5f37::/64", "fdb1:63c8:e204::/64",
};

static GArray *parse_candidates(const char *const *texts, size_t n_texts)
{
	GArray *candidates = g_array_new(FALSE, TRUE, sizeof(struct candidate));

	for (size_t i = 0; i < n_texts; i++) {
		struct candidate candidate = {0};
		if (!ip_prefix_parse(texts[i], &candidate.prefix, NULL))
			g_assert_not_reached();
		g_array_append_val(candidates, candidate);
	}
	return candidates;
}

/* Only what leads somewhere counts: hiding an unreachable or blackhole route hides nothing. */
static bool parse_route(struct nl_msg *message, struct ip_prefix *ret_prefix)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct nlattr *attributes[RTA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(header, sizeof(struct rtmsg), attributes, RTA_MAX, NULL) < 0)
		return false;

	const struct rtmsg *route = nlmsg_data(header);
	if (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL)
		return false;
	if ((route->rtm_family != AF_INET && route->rtm_family != AF_INET6) || !attributes[RTA_DST])
		return false;

	*ret_prefix = (struct ip_prefix){
		.address.family = route->rtm_family,
		.length = route->rtm_dst_len,
	};
	return nla_memcpy(ret_prefix->address.bytes, attributes[RTA_DST],
			  (int)(ip_address_bits(&ret_prefix->address) / 8)) > 0;
}

static int cover_candidates(struct nl_msg *message, void *opaque)
{
	GArray *candidates = opaque;
	struct ip_prefix route;

	if (!parse_route(message, &route))
		return NL_OK;
	for (guint i = 0; i < candidates->len; i++) {
		struct candidate *candidate = &g_array_index(candidates, struct candidate, i);
		if (candidate->prefix.address.family == route.address.family &&
		    ip_prefix_overlaps(&candidate->prefix, &route))
			candidate->cover = MAX(candidate->cover, route.length);
	}
	return NL_OK;
}

static bool dump_routes(struct netlink *netlink, int family, GArray *candidates, GError **error)
{
	struct rtgenmsg request = {.rtgen_family = (unsigned char)family};
	int nlerr = -NLE_DUMP_INTR;

	nl_socket_modify_cb(netlink->socket, NL_CB_VALID, NL_CB_CUSTOM, cover_candidates,
			    candidates);
	for (int i = 0; nlerr == -NLE_DUMP_INTR && i < DUMP_ATTEMPTS; i++) {
		nlerr = nl_send_simple(netlink->socket, RTM_GETROUTE, NLM_F_DUMP, &request,
				       sizeof(request));
		if (nlerr >= 0)
			nlerr = nl_recvmsgs_default(netlink->socket);
	}
	/* A kernel without IPv6 has no routes of it; a table in motion is as good as one at rest.
	 */
	if (nlerr < 0 && nlerr != -NLE_DUMP_INTR && netlink->errnum != EOPNOTSUPP)
		return netlink_failure(netlink, nlerr, error, "list the host's routes");
	netlink->errnum = 0;
	return true;
}

static bool choose_prefix(struct netlink *netlink, GArray *candidates, struct ip_prefix *ret_prefix,
			  GError **error)
{
	const struct candidate *best = &g_array_index(candidates, struct candidate, 0);

	if (!dump_routes(netlink, best->prefix.address.family, candidates, error))
		return false;
	for (guint i = 1; i < candidates->len; i++) {
		const struct candidate *candidate = &g_array_index(candidates, struct candidate, i);
		if (candidate->cover < best->cover)
			best = candidate;
	}
	*ret_prefix = best->prefix;
	return true;
}

static bool check_requested(const struct ip_prefix *prefix, GError **error)
{
	bool is_v4 = prefix->address.family == AF_INET;
	/* Room for the addresses of link_network_init(). */
	unsigned longest = is_v4 ? 25 : 119;

	if (prefix->length >= 1 && prefix->length <= longest)
		return true;

	g_autofree char *text = ip_prefix_to_string(prefix);
	failure_set(error, EINVAL, is_v4 ? "take a /24, for example" : "take a /64, for example",
		    "the network %s does not have a length from 1 to %u", text, longest);
	return false;
}

static bool choose_network(struct netlink *netlink, const struct ip_prefix *requested,
			   GArray *candidates, struct link_network *network, GError **error)
{
	struct ip_prefix prefix;

	if (requested && requested->address.family != AF_UNSPEC) {
		if (!check_requested(requested, error))
			return false;
		prefix = *requested;
	} else if (!choose_prefix(netlink, candidates, &prefix, error)) {
		return false;
	}
	link_network_init(network, &prefix);
	return true;
}

bool netconfig_choose_networks(struct link_config *config, const struct ip_prefix *v4,
			       const struct ip_prefix *v6, bool with_v6, GError **error)
{
	g_autoptr(GArray) candidates4 =
		parse_candidates(v4_candidates, G_N_ELEMENTS(v4_candidates));
	g_autoptr(GArray) candidates6 =
		parse_candidates(v6_candidates, G_N_ELEMENTS(v6_candidates));
	struct netlink netlink;

	if (!netlink_init(&netlink, error))
		return false;
	config->v6 = (struct link_network){.enabled = false};
	bool ok = choose_network(&netlink, v4, candidates4, &config->v4, error) &&
		  (!with_v6 || choose_network(&netlink, v6, candidates6, &config->v6, error));
	netlink_done(&netlink);
	return ok;
}

/*
 * Inside containers /proc/sys is often read-only. Static addresses work without these settings, so
 * that is no reason to give up.
 */
static bool write_sysctl(const struct link_config *config, const char *key, const char *value,
			 GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (sysctl_write_device("ipv6", config->ifname, key, value, &cause) ||
	    g_error_matches(cause, FAILURE, EROFS))
		return true;
	g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}

/*
 * Before the device goes up, for what happens then: with accept_dad off the link-local address is
 * usable at once, too. The sysctls of "all" and "default" stay as the kernel has them.
 */
static bool configure_ipv6_sysctls(const struct link_config *config, GError **error)
{
	static const struct {
		const char *key, *value;
	} settings[] = {
		{"disable_ipv6", "0"},
		{"accept_ra", "0"},
		{"autoconf", "0"},
		{"accept_dad", "0"},
		{"router_solicitations", "0"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		if (!write_sysctl(config, settings[i].key, settings[i].value, error))
			return false;
	}
	return true;
}

bool netconfig_check_ipv6(const struct link_config *config, GError **error)
{
	if (!config->v6.enabled)
		return true;
	if (!sysctl_has_ipv6("all")) {
		failure_set(error, EAFNOSUPPORT, "leave IPv6 off",
			    "the kernel runs without IPv6 (ipv6.disable=1)");
		return false;
	}
	if (config->mtu < IPV6_MTU_MIN) {
		failure_set(error, EINVAL, "raise the MTU or leave IPv6 off",
			    "IPv6 needs an MTU of %d, not %u", IPV6_MTU_MIN, config->mtu);
		return false;
	}
	return true;
}

static bool prepare_ipv6(const struct link_config *config, GError **error)
{
	if (config->v6.enabled)
		return netconfig_check_ipv6(config, error) && configure_ipv6_sysctls(config, error);
	return !sysctl_has_ipv6(config->ifname) || write_sysctl(config, "disable_ipv6", "1", error);
}

static bool raise_device(struct netlink *netlink, const struct link_config *config, GError **error)
{
	struct rtnl_link *link = rtnl_link_alloc();

	netlink_set_mac(link, &config->mac);
	rtnl_link_set_mtu(link, config->mtu);
	rtnl_link_set_flags(link, IFF_UP);
	return netlink_change_link(netlink, config->ifname, link, error);
}

/* A point-to-point prefix has none. */
static void set_broadcast(struct rtnl_addr *address, const struct link_network *network)
{
	struct ip_address broadcast = network->prefix.address;

	if (network->prefix.length > 30)
		return;
	broadcast.v4.s_addr |= ~ip_prefix_netmask(&network->prefix).s_addr;
	struct nl_addr *value = netlink_address(&broadcast, 32);
	rtnl_addr_set_broadcast(address, value);
	nl_addr_put(value);
}

static bool add_address(struct netlink *netlink, const struct link_network *network, int ifindex,
			GError **error)
{
	struct rtnl_addr *request = rtnl_addr_alloc();
	struct nl_addr *local = netlink_address(&network->command, network->prefix.length);

	rtnl_addr_set_ifindex(request, ifindex);
	rtnl_addr_set_local(request, local);
	if (network->command.family == AF_INET)
		set_broadcast(request, network);
	else
		rtnl_addr_set_flags(request, IFA_F_NODAD);

	int nlerr = rtnl_addr_add(netlink->socket, request, 0);
	rtnl_addr_put(request);
	nl_addr_put(local);
	if (nlerr < 0) {
		char text[IP_ADDRESS_TEXT_SIZE];
		return netlink_failure(netlink, nlerr, error, "add the address %s",
				       ip_address_text(&network->command, text));
	}
	return true;
}

static bool add_network(struct netlink *netlink, struct link_network *network, int ifindex,
			bool keeps_routes, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct netlink_route route = {
		.family = network->command.family,
		.ifindex = ifindex,
		.table = RT_TABLE_MAIN,
		.type = RTN_UNICAST,
		.scope = RT_SCOPE_UNIVERSE,
		.via = link_network_router(network),
		/* A cloud's router may be outside of the prefix. */
		.is_onlink = network->is_shared,
	};

	if (!network->enabled)
		return true;
	if (!add_address(netlink, network, ifindex, error))
		return false;
	network->is_secondary = !netlink_add_default_route(netlink, &route, &failure) &&
				keeps_routes && g_error_matches(failure, FAILURE, EEXIST);
	if (!failure || network->is_secondary)
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

bool netconfig_raise_device(const struct link_config *config, GError **error)
{
	struct netlink netlink;

	if (!prepare_ipv6(config, error) || !netlink_init(&netlink, error))
		return false;
	bool ok = raise_device(&netlink, config, error);
	netlink_done(&netlink);
	return ok;
}

bool netconfig_raise_loopback(GError **error)
{
	struct netlink netlink;

	if (!netlink_init(&netlink, error))
		return false;
	bool ok = netlink_raise_loopback(&netlink, error);
	netlink_done(&netlink);
	return ok;
}

bool netconfig_configure_command(struct link_config *config, bool keeps_routes, GError **error)
{
	int ifindex = netlink_find_link(config->ifname, error);
	struct netlink netlink;

	if (!ifindex || !prepare_ipv6(config, error) || !netlink_init(&netlink, error))
		return false;
	sysctl_use_unpaced_tcp();
	bool ok = netlink_raise_loopback(&netlink, error) &&
		  raise_device(&netlink, config, error) &&
		  add_network(&netlink, &config->v4, ifindex, keeps_routes, error) &&
		  add_network(&netlink, &config->v6, ifindex, keeps_routes, error) &&
		  netlink_wait_until_operational(&netlink, config->ifname, error) &&
		  (!config->v6.enabled ||
		   netlink_wait_until_local(&netlink, config->ifname, &config->v6.command, error));
	netlink_done(&netlink);
	return ok;
}
