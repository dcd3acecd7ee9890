/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_links - devices, sysctls, routes and routing rules of the gateway namespace */
#include "link/gateway_links.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <netlink/route/link/veth.h>
#include <netlink/route/rule.h>

#include "link/gateway_encap.h"
#include "link/netconfig.h"
#include "link/netlink.h"
#include "link/process.h"
#include "link/sysctl.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* The routing table of what is for the gateway itself. */
#define LOCAL_TABLE 100

struct setting {
	const char *name, *value;
};

/*
 * A new namespace starts with copies of the host's IPv4 settings: set all that matters. Those of
 * "default" are for the devices that are made after them.
 */
static const struct setting v4_settings[] = {
	/* Nothing is forwarded by routing; frames cross between the devices at ingress. */
	{"ipv4/ip_forward", "0"},
	/* Sources are the command's, destinations are foreign: neither is ever ours. */
	{"ipv4/conf/all/rp_filter", "0"},
	{"ipv4/conf/" GATEWAY_TAP "/rp_filter", "0"},
	{"ipv4/conf/default/rp_filter", "0"},
	/* The forwarder has no capability, but binds sockets to its clients' own ports. */
	{"ipv4/ip_unprivileged_port_start", "0"},
};

/* No addresses, no noise: whatever the gateway itself sent would confuse the command. */
static const struct setting v6_settings[] = {
	{"ipv6/conf/all/forwarding", "0"},
	{"ipv6/conf/" GATEWAY_TAP "/disable_ipv6", "0"},
	{"ipv6/conf/" GATEWAY_TAP "/addr_gen_mode", "1"}, /* none */
	{"ipv6/conf/" GATEWAY_TAP "/accept_ra", "0"},
	{"ipv6/conf/default/disable_ipv6", "0"},
	{"ipv6/conf/default/addr_gen_mode", "1"},
	{"ipv6/conf/default/accept_ra", "0"},
};

/*
 * What makes it fast, where the kernel lets us. SYNs arrive at the pace at which the forwarder
 * re-injects them, after its own connect(); a command that floods the listener with fragmented ones
 * harms itself alone. Cookies would only cost connections their window scale, and the host's log a
 * warning. A SYN too many is dropped and comes again.
 */
static const struct setting wishes[] = {
	{"core/somaxconn", "4096"},
	{"ipv4/tcp_max_syn_backlog", "8192"},
	{"ipv4/tcp_syncookies", "0"},
	/* Clients of the host's loopback come back with the same port within the minute of
	   TIME_WAIT. */
	{"ipv4/tcp_tw_reuse", "1"},
};

static bool write_settings(const struct setting *settings, size_t n_settings, GError **error)
{
	for (size_t i = 0; i < n_settings; i++) {
		if (!sysctl_write(settings[i].name, settings[i].value, error))
			return false;
	}
	return true;
}

static bool configure_namespace(bool with_v6, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wishes); i++)
		sysctl_write(wishes[i].name, wishes[i].value, NULL);
	sysctl_use_unpaced_tcp();
	return write_settings(v4_settings, G_N_ELEMENTS(v4_settings), error) &&
	       (!with_v6 || write_settings(v6_settings, G_N_ELEMENTS(v6_settings), error));
}

/*
 * Both ends have the same MAC: on a device without ARP the kernel writes the device's own address
 * into the frames that it sends, and so they reach the command without any neighbour handling.
 */
static bool add_veth(struct netlink *netlink, const struct link_config *config, int command_netns,
		     GError **error)
{
	struct rtnl_link *uplink = rtnl_link_veth_alloc();
	struct rtnl_link *peer = rtnl_link_veth_get_peer(uplink);
	g_autoptr(GError) cause = NULL;

	rtnl_link_set_name(uplink, GATEWAY_UPLINK);
	rtnl_link_set_name(peer, config->ifname);
	netlink_set_mac(uplink, &config->mac);
	netlink_set_mac(peer, &config->mac);
	rtnl_link_set_mtu(uplink, config->mtu);
	rtnl_link_set_mtu(peer, config->mtu);
	rtnl_link_set_flags(uplink, IFF_NOARP);
	rtnl_link_set_ns_fd(peer, command_netns);
	rtnl_link_put(peer);

	if (netlink_add_link(netlink, uplink, &cause))
		return true;
	if (g_error_matches(cause, FAILURE, EOPNOTSUPP))
		failure_set(error, EOPNOTSUPP, "load the module: modprobe veth",
			    "the kernel has no veth devices (CONFIG_VETH)");
	else
		g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}

/*
 * The command's end must be up before ours. The end that goes up last can send at once; the other
 * one only when the kernel's link watch has noticed the carrier, and a SYN-ACK that is lost until
 * then costs a second. The command's own configuration waits for its end.
 */
static bool raise_command_end(const struct link_config *config, int command_netns, GError **error)
{
	autoclose int gateway = process_open_netns(getpid(), error);

	if (gateway < 0)
		return false;
	if (setns(command_netns, CLONE_NEWNET) < 0)
		return failure_errno(error, "enter the command's network namespace");
	bool ok = netconfig_raise_device(config, error);
	if (setns(gateway, CLONE_NEWNET) == 0)
		return ok;
	g_clear_error(error);
	return failure_errno(error, "return to the gateway's network namespace");
}

static bool raise_link(struct netlink *netlink, const char *ifname, unsigned mtu, GError **error)
{
	struct rtnl_link *link = rtnl_link_alloc();

	rtnl_link_set_mtu(link, mtu);
	rtnl_link_set_flags(link, IFF_UP);
	return netlink_change_link(netlink, ifname, link, error);
}

static bool add_mark_rule(struct netlink *netlink, int family, GError **error)
{
	struct rtnl_rule *rule = rtnl_rule_alloc();

	rtnl_rule_set_family(rule, family);
	rtnl_rule_set_mark(rule, GATEWAY_MARK);
	rtnl_rule_set_table(rule, LOCAL_TABLE);
	rtnl_rule_set_action(rule, FR_ACT_TO_TBL);

	int nlerr = rtnl_rule_add(netlink->socket, rule, NLM_F_CREATE);
	rtnl_rule_put(rule);
	if (nlerr < 0)
		return netlink_failure(netlink, nlerr, error,
				       "add a rule for marked packets (CONFIG_%s_MULTIPLE_TABLES)",
				       family == AF_INET ? "IP" : "IPV6");
	return true;
}

static bool route_family(struct netlink *netlink, int family, int uplink, GError **error)
{
	struct netlink_route to_command = {
		.family = family,
		.ifindex = uplink,
		.table = RT_TABLE_MAIN,
		.type = RTN_UNICAST,
		.scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
	};
	struct netlink_route to_us = {
		.family = family,
		.ifindex = netlink_find_link("lo", error),
		.table = LOCAL_TABLE,
		.type = RTN_LOCAL,
		.scope = family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
	};

	return to_us.ifindex && netlink_add_default_route(netlink, &to_command, error) &&
	       netlink_add_default_route(netlink, &to_us, error) &&
	       add_mark_rule(netlink, family, error);
}

static bool raise_and_route(struct netlink *netlink, const struct link_config *config,
			    GError **error)
{
	int uplink = netlink_find_link(GATEWAY_UPLINK, error);

	return uplink && raise_link(netlink, GATEWAY_UPLINK, config->mtu, error) &&
	       route_family(netlink, AF_INET, uplink, error) &&
	       (!config->v6.enabled || route_family(netlink, AF_INET6, uplink, error));
}

/* The sysctls of a device exist once it does, and some matter when it goes up. */
bool gateway_links_prepare(const struct link_config *config, GError **error)
{
	struct netlink netlink;

	if (!configure_namespace(config->v6.enabled, error) || !netlink_init(&netlink, error))
		return false;
	bool ok = netlink_raise_loopback(&netlink, error) &&
		  raise_link(&netlink, GATEWAY_TAP, config->mtu, error) &&
		  gateway_encap_make(&netlink, config->mtu, error);
	netlink_done(&netlink);
	return ok;
}

bool gateway_links_connect(const struct link_config *config, int command_netns, GError **error)
{
	struct netlink netlink;

	if (!netlink_init(&netlink, error))
		return false;
	bool ok = add_veth(&netlink, config, command_netns, error) &&
		  raise_command_end(config, command_netns, error);
	netlink_done(&netlink);
	return ok;
}

bool gateway_links_complete(const struct link_config *config, GError **error)
{
	struct netlink netlink;

	if (!netlink_init(&netlink, error))
		return false;
	bool ok = raise_and_route(&netlink, config, error);
	netlink_done(&netlink);
	return ok;
}

void gateway_links_remove(void)
{
	struct netlink netlink;

	if (!netlink_init(&netlink, NULL))
		return;
	netlink_delete_link(&netlink, GATEWAY_UPLINK, NULL);
	netlink_done(&netlink);
}
