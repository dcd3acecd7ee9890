/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_outbound - the part of the command line that says how traffic leaves the host */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_network.h"
#include "src/link_config.h"
#include "src/outbound.h"

struct outbound_options {
	struct ip_address v4, v6; /* --outbound ADDR; unset: as it routes */
	struct outbound outbound;
	gboolean bypass_proxy; /* --proxy-bypass; in outbound once checked */
};

/* All zeroes is no option. The group's callbacks fill options, which must outlive it. */
GOptionGroup *outbound_options_group(struct outbound_options *options);

/* The first of these options that was given, or NULL. */
const char *outbound_options_given(const struct outbound_options *options);

/*
 * After parsing: a combination without sense is named with its cure. Where a proxy resolves names,
 * network loses the host's search list.
 */
bool outbound_options_check(struct outbound_options *options, struct network_options *network,
			    GError **error);

/* Finds the address of the proxy, if there is one. May take long. */
bool outbound_find_proxy(struct outbound *outbound, GError **error);

/* Puts the addresses in their places. */
void outbound_options_apply(const struct outbound_options *options, struct link_config *link);
