/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_network - the part of the command line that is about the network */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_dns.h"
#include "src/link_config.h"
#include "src/port_set.h"

enum network_mode {
	NETWORK_USER, /* a link of ours */
	NETWORK_NONE, /* an own network namespace with nothing but loopback */
	NETWORK_HOST, /* the host's network namespace */
};

struct network_options {
	enum network_mode mode;	    /* --net */
	enum link_kind link;	    /* --link */
	char *ifname;		    /* --ifname */
	struct ip_prefix cidr;	    /* --cidr; unset: choose one */
	struct ip_prefix cidr6;	    /* --cidr6; unset: choose one */
	gboolean no_ipv6;	    /* --no-ipv6 */
	unsigned mtu;		    /* --mtu; 0: the link's default */
	unsigned udp_timeout;	    /* --udp-timeout in seconds, 0: the default */
	unsigned udp_brief_timeout; /* its second part */
	bool has_mac;
	struct mac_address mac; /* --mac */
	struct dns_options dns;
	GArray *ports;		   /* --publish, of struct port_rule */
	GArray *sockets;	   /* of struct port_socket: id N is of the N-th port, from 1 */
	gboolean host_loopback;	   /* --host-loopback; in access.all once checked */
	struct host_access access; /* --host-port, --host-loopback */
};

/* "user", "none" or "host". */
const char *network_mode_name(enum network_mode mode);

void network_options_init(struct network_options *options);
void network_options_done(struct network_options *options);

/* The option group whose callbacks fill options, which must outlive it. */
GOptionGroup *network_options_group(struct network_options *options);

/* The same without what only a command of ours has: --net, --network. */
GOptionGroup *network_options_group_of_link(struct network_options *options);

/*
 * Adds a rule of --publish, as an option of that name does it; the inherited socket that it may
 * name is taken at once.
 */
bool network_options_publish(struct network_options *options, const char *name, const char *text,
			     GError **error);

/* After parsing: fills in defaults; a combination without sense is named with its cure. */
bool network_options_check(struct network_options *options, GError **error);
