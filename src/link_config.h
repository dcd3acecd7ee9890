/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_config - what launcher and forwarder must both know of the command's network */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"

enum link_kind {
	LINK_AUTO,    /* an option's value only: gateway where the kernel allows it, else tap */
	LINK_TAP,     /* every frame goes through libslirp */
	LINK_GATEWAY, /* TCP and UDP are terminated by the kernel in a gateway namespace */
};

/* Limits of --mtu, as slirp4netns has them; IPv6 needs 1280 (RFC 8200). */
#define LINK_MTU_MIN 68
#define LINK_MTU_MAX 65521

/*
 * One address family of the link. Mostly a prefix of its own and the three addresses in it that
 * mean something. A *shared* network looks like the host's: there the prefix, the command's address
 * and the router may be the host's own, all other addresses of the prefix are those of machines,
 * and the aliases are anywhere else.
 */
struct link_network {
	bool enabled;
	bool is_shared;
	bool hides_loopback; /* the gateway's address is closed, whatever struct host_access says */
	bool opens_host;     /* what listens at the host's own address, at `host` */
	bool is_secondary;   /* another link had the default route already, and keeps it */
	struct ip_prefix prefix;
	struct ip_address command;  /* the command's own: 10.0.2.100 */
	struct ip_address gateway;  /* alias of the host's loopback, and default router: 10.0.2.2 */
	struct ip_address router;   /* default router, where that is another; unset: the gateway */
	struct ip_address dns;	    /* the resolver's alias: 10.0.2.3; unset: there is none */
	struct ip_address host;	    /* alias of the host at the command's address; unset: none */
	struct ip_address dhcp;	    /* what DHCP gives out first; unset: the command's own */
	struct ip_address outbound; /* what the host's sockets are bound to; unset: as it routes */
};

/* Longest time-out of an idle UDP flow, in seconds. */
#define LINK_UDP_TIMEOUT_MAX 86400

struct link_config {
	enum link_kind kind;
	char ifname[IFNAMSIZ];
	struct mac_address mac;
	struct mac_address neighbour_mac; /* of all others on a shared network; zero: a fixed one */
	unsigned mtu;			  /* 0 until link_config_settle() */
	/* Of idle UDP flows of a gateway link, in seconds; 0 is the forwarder's default. */
	unsigned udp_timeout;	    /* of those that last */
	unsigned udp_brief_timeout; /* of a question and its answer, and of DNS and NTP */
	struct link_network v4;
	struct link_network v6;
};

/* A port of the host's loopback that the command may reach at the gateway's address. */
struct host_port {
	int protocol;  /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port; /* host byte order */
};

/* What of the host's own is open to the command; default: of its loopback nothing, and DNS. */
struct host_access {
	bool all;
	bool no_dns;   /* nor the host's name servers at the resolver's address */
	GArray *ports; /* of struct host_port; may be NULL */
};

/* "tap", "gateway", "auto". */
const char *link_kind_name(enum link_kind kind);
bool link_kind_parse(const char *text, enum link_kind *ret_kind, GError **error);

/*
 * Derives the well-known addresses of a prefix as slirp4netns does: gateway +2, DNS +3, command
 * +100 (IPv4; needs a /25 or wider) or +0x100 (IPv6), and enables the network.
 */
void link_network_init(struct link_network *network, const struct ip_prefix *prefix);

/*
 * Makes a network that is shared with the host: command with the length of its prefix, and the
 * default router. The aliases are addresses that no network has (see link_config.c); whoever wants
 * others, or a resolver's, sets them. router may be unset.
 */
void link_network_share(struct link_network *network, const struct ip_address *command,
			unsigned length, const struct ip_address *router);

/* The command's default router. */
const struct ip_address *link_network_router(const struct link_network *network);

/*
 * Where the command reaches the host: at its loopback's alias, or where that is closed at its own
 * address's; unset where both are.
 */
const struct ip_address *link_network_reached_host(const struct link_network *network);

/*
 * The alias by which the command knows an address of the host, where it cannot use that itself:
 * the host's loopback, and on a shared network the command's own. Unset for all others.
 */
struct ip_address link_network_alias(const struct link_network *network,
				     const struct ip_address *address);

/*
 * Decides what was left open: the kind, and the kind's default MTU where none is set. On a tap link
 * that is the largest which stalls nowhere (benchmark `sweep`, README); on a gateway link the
 * Ethernet MTU, which the kernel's segmentation offload makes as fast as any.
 */
void link_config_settle(struct link_config *config, enum link_kind kind);

/* The network of the family (AF_INET or AF_INET6). */
const struct link_network *link_config_network(const struct link_config *config, int family);
