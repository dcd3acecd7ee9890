/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network - from options to a link: addresses, MAC, MTU, resolv.conf and hosts */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_network.h"
#include "src/handoff.h"
#include "src/link_config.h"

/*
 * Fills the link: what the options leave open is chosen so that it fits this host. Kind and MTU
 * stay as the options have them, for link_config_settle().
 */
bool network_plan(const struct network_options *options, struct link_config *ret_link,
		  GError **error);

/*
 * Adds the ports to an initialised start message, with ids from 1 on, and what of the host's own is
 * open, and names. Inherited sockets become the start message's.
 */
void network_fill_start(const struct network_options *options, struct handoff_start *start);

/*
 * The text of resolv.conf without a link of ours: the host's file at host_path, with the name
 * servers, search list and options of the command line instead of its own if there are any; no
 * servers with NETWORK_NONE.
 */
char *network_foreign_resolv_conf(const struct network_options *options, const char *host_path);

/*
 * The text of resolv.conf: the link's resolver, with the search list and the options of dns or, if
 * it has none, those of the host's file at host_path, which need not exist.
 */
char *network_resolv_conf(const struct link_config *link, const struct dns_options *dns,
			  const char *host_path);

/*
 * The text of hosts: the names of dns, localhost, hostname at the command's address, host.internal
 * at the gateway's, and the entries of the host's file at host_path except those for loopback
 * addresses.
 */
char *network_hosts(const struct link_config *link, const struct dns_options *dns,
		    const char *hostname, const char *host_path);

/* The text of hosts in the host's network: the names of dns, and the host's file at host_path. */
char *network_host_hosts(const struct dns_options *dns, const char *host_path);
