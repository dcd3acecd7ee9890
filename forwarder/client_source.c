/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client_source - the address from which a client of a published port appears to the command */
#include "forwarder/client_source.h"

struct ip_address client_source_of(const struct link_network *network,
				   const struct ip_address *client)
{
	bool is_link_local = client->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&client->v6);
	struct ip_address alias = link_network_alias(network, client);

	if (alias.family != AF_UNSPEC)
		return alias;
	if (is_link_local || (!network->is_shared && ip_prefix_contains(&network->prefix, client)))
		return network->gateway;
	return *client;
}
