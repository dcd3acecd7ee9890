/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink - an rtnetlink socket and the requests that netconfig and gateway share, over libnl */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>

#include "src/address.h"
#include "src/link_config.h"

/* An rtnetlink(7) socket of the network namespace that it was opened in. */
struct netlink {
	struct nl_sock *socket;
	int errnum; /* of the last request that the kernel refused; libnl's own codes lose it */
};

bool netlink_init(struct netlink *netlink, GError **error);
void netlink_done(struct netlink *netlink);

/* Sets *error to "format: cause" after a libnl call returned nlerr (< 0). Always returns false. */
bool netlink_failure(struct netlink *netlink, int nlerr, GError **error, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* The index of a link in the calling process's network namespace; 0 on error. */
int netlink_find_link(const char *ifname, GError **error);

/*
 * Gives the device ifname, in one request, the properties that are set in link, which it takes
 * over. Flags come last: address and MTU are set when the device goes up.
 */
bool netlink_change_link(struct netlink *netlink, const char *ifname, struct rtnl_link *link,
			 GError **error);

/*
 * Waits until a device that is up, and whose carrier is on, can send: the kernel swallows packets
 * until its link watch has noticed the carrier.
 */
bool netlink_wait_until_operational(struct netlink *netlink, const char *ifname, GError **error);

/*
 * Waits until packets to an address of IPv6 that a device was given are the namespace's own: a
 * worker of the kernel (net/ipv6/addrconf.c, addrconf_dad_work()) makes its route, also where
 * duplicates are not looked for, and till then replies are dropped.
 */
bool netlink_wait_until_local(struct netlink *netlink, const char *ifname,
			      const struct ip_address *address, GError **error);

/* Takes the device down and gives it another name. */
bool netlink_rename_link(struct netlink *netlink, const char *ifname, const char *name,
			 GError **error);

/* Whether a device has an address that somebody gave it: one of more than link-local scope. */
bool netlink_has_address(struct netlink *netlink, const char *ifname, bool *ret_has,
			 GError **error);

/* Waits, a moment at most, until there is no device of that name. */
bool netlink_wait_until_gone(const char *ifname, GError **error);

/* Makes a device from an rtnl_link with name and type, which it takes over. */
bool netlink_add_link(struct netlink *netlink, struct rtnl_link *link, GError **error);

/* Deletes a device, and with a veth its peer; none of that name is no error. */
bool netlink_delete_link(struct netlink *netlink, const char *ifname, GError **error);

/* Brings the loopback device up; the kernel gives it its addresses. */
bool netlink_raise_loopback(struct netlink *netlink, GError **error);

/* A new libnl address; free with nl_addr_put(). */
struct nl_addr *netlink_address(const struct ip_address *address, unsigned prefix_length);

/* Sets the link layer address of an rtnl_link. */
void netlink_set_mac(struct rtnl_link *link, const struct mac_address *mac);

struct netlink_route {
	int family;
	int ifindex;
	unsigned table;		      /* RT_TABLE_MAIN, ... */
	unsigned type;		      /* RTN_UNICAST or RTN_LOCAL */
	unsigned scope;		      /* RT_SCOPE_UNIVERSE, ... */
	const struct ip_address *via; /* may be NULL */
	bool is_onlink;		      /* via is a neighbour, whatever other routes say */
};

/* Whether a default route by the device leads to router, in any table. */
bool netlink_has_default_route(struct netlink *netlink, const char *ifname,
			       const struct ip_address *router, bool *ret_has, GError **error);

/* Adds a default route. */
bool netlink_add_default_route(struct netlink *netlink, const struct netlink_route *route,
			       GError **error);
