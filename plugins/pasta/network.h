/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network - what pasta's options and this host make of a namespace's network */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/pasta/options.h"
#include "src/handoff.h"
#include "src/link_config.h"

/*
 * Fills the link: addresses, prefixes and routers are the host's where no option gives others. A
 * family that has none of both is off; where the host has no network at all, IPv4 is link-local, as
 * with pasta. The error is pasta's own complaint where it has one.
 */
bool pasta_network_plan(const struct pasta_options *options, struct link_config *ret_link,
			GError **error);

/*
 * Fills an initialised start message for that link: the ports, with ids from 1 on, and what of the
 * host's is open. PORT_MODE_AUTO publishes nothing yet.
 */
bool pasta_network_fill_start(struct pasta_options *options, const struct link_config *link,
			      struct handoff_start *start, GError **error);
