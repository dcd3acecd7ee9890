/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_rules - the gateway's nftables ruleset: the only place that knows nftables */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"

/* Where the transparent sockets listen that the rules deliver to: 127.0.0.1 and ::1. */
#define GATEWAY_TCP_PORT 5000
#define GATEWAY_UDP_PORT 5001

/*
 * Loads the ruleset into the calling process's network namespace, where both devices exist. When
 * the kernel lacks a part of nf_tables, the error names it.
 */
bool gateway_rules_load(const struct link_config *config, GError **error);
