/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netconfig - links, addresses, routes and sysctls of a network namespace, by rtnetlink */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"

/*
 * Picks the prefixes of a link: requested ones as they are, unset ones (NULL or family AF_UNSPEC)
 * the first of a list (10.0.2.0/24, then others of RFC 1918; fd00::/64, then other ULAs) that
 * overlaps no route of the calling process's network namespace but default routes; if all do, the
 * one whose overlapping routes are broadest. Works without any route. with_v6 false leaves v6
 * disabled. Fills config->v4 and config->v6 (link_network_init()).
 */
bool netconfig_choose_networks(struct link_config *config, const struct ip_prefix *v4,
			       const struct ip_prefix *v6, bool with_v6, GError **error);

/*
 * Checks that what IPv6 needs is there if config->v6 is enabled: a kernel with IPv6 (EAFNOSUPPORT)
 * and an MTU of at least 1280 (EINVAL).
 */
bool netconfig_check_ipv6(const struct link_config *config, GError **error);

/*
 * The first step of netconfig_configure_command(), which may follow in another process: IPv6
 * sysctls, MAC, MTU, device up.
 */
bool netconfig_raise_device(const struct link_config *config, GError **error);

/* Raises the loopback device of the calling process's network namespace. */
bool netconfig_raise_loopback(GError **error);

/*
 * Configures the command's side in the calling process's network namespace, where config->ifname
 * exists: loopback up, MAC, MTU, static addresses with duplicate detection off, router
 * advertisements not accepted, device up, default routes via the gateways. When it returns, a first
 * packet can be sent at once in both families, and its reply is taken. TCP inside gets a congestion
 * control that does not pace (sysctl_use_unpaced_tcp()). A default route that is there already is
 * EEXIST; with keeps_routes it stays, and that network of config is_secondary.
 */
bool netconfig_configure_command(struct link_config *config, bool keeps_routes, GError **error);
