/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_rules - the gateway's nftables ruleset: the only place that knows nftables */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"

/* Where the transparent sockets listen that the rules deliver to: 127.0.0.1 and ::1. */
#define GATEWAY_TCP_PORT 5000
#define GATEWAY_UDP_PORT 5001

/* Does, for a process that has to wait anyway, what gateway_rules_load() can do beforehand. */
void gateway_rules_prepare(void);

/*
 * Loads the ruleset into the calling process's network namespace, where both devices exist. When
 * the kernel lacks a part of nf_tables, or libnftables is not installed, the error says so.
 */
bool gateway_rules_load(const struct link_config *config, GError **error);
