/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client_source - the address from which a client of a published port appears to the command */
#pragma once

#include "src/link_config.h"

/*
 * The client's own, but for addresses that cannot exist on the command's side: the host's appear as
 * link_network_alias() tells, link-local ones and those of the link itself as the gateway's.
 */
struct ip_address client_source_of(const struct link_network *network,
				   const struct ip_address *client);
