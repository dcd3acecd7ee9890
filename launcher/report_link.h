/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_link - tells others about a link: its part of state.json */
#pragma once

#include "src/json.h"
#include "src/link_config.h"

/*
 * Adds the members link, ifname, mtu, mac, ipv4, gateway, dns, ipv6, gateway6 and dns6, the last
 * ones for the networks that it has. The link is settled (link_config_settle()).
 */
void report_link(JsonBuilder *builder, const struct link_config *link);
