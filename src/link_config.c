/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_config - what launcher and forwarder must both know of the command's network */
#include "src/link_config.h"

#include "src/failure.h"

static const char *const kind_names[] = {
	[LINK_AUTO] = "auto",
	[LINK_TAP] = "tap",
	[LINK_GATEWAY] = "gateway",
};

const char *link_kind_name(enum link_kind kind)
{
	return kind_names[kind];
}

bool link_kind_parse(const char *text, enum link_kind *ret_kind, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kind_names); i++) {
		if (g_str_equal(text, kind_names[i])) {
			*ret_kind = (enum link_kind)i;
			return true;
		}
	}
	failure_set(error, 0, "take one of: auto, gateway, tap", "unknown link '%s'", text);
	return false;
}

void link_network_init(struct link_network *network, const struct ip_prefix *prefix)
{
	bool is_v4 = prefix->address.family == AF_INET;

	network->enabled = true;
	network->prefix = *prefix;
	network->gateway = ip_prefix_host(prefix, 2);
	network->dns = ip_prefix_host(prefix, 3);
	network->command = ip_prefix_host(prefix, is_v4 ? 100 : 0x100);
}

/*
 * Of RFC 8880 and RFC 7600, and of the discard prefix of RFC 6666: they are no machine's, so that a
 * command that shares the host's networks misses none of them.
 */
static const char *const shared_aliases[2][2] = {
	{"192.0.0.170", "192.0.0.8"},
	{"100::170", "100::8"},
};

void link_network_share(struct link_network *network, const struct ip_address *command,
			unsigned length, const struct ip_address *router)
{
	const char *const *aliases = shared_aliases[command->family == AF_INET6];

	*network = (struct link_network){
		.enabled = true,
		.is_shared = true,
		.prefix = ip_prefix_around(command, length),
		.command = *command,
		.router = *router,
	};
	if (!ip_address_parse(aliases[0], &network->gateway, NULL) ||
	    !ip_address_parse(aliases[1], &network->host, NULL))
		g_assert_not_reached();
}

const struct ip_address *link_network_router(const struct link_network *network)
{
	return network->router.family == AF_UNSPEC ? &network->gateway : &network->router;
}

const struct ip_address *link_network_reached_host(const struct link_network *network)
{
	static const struct ip_address none;

	if (network->enabled && !network->hides_loopback)
		return &network->gateway;
	return network->enabled && network->opens_host ? &network->host : &none;
}

struct ip_address link_network_alias(const struct link_network *network,
				     const struct ip_address *address)
{
	if (ip_address_is_host_loopback(address))
		return network->gateway;
	if (network->is_shared && ip_address_equal(address, &network->command))
		return network->host;
	return (struct ip_address){.family = AF_UNSPEC};
}

void link_config_settle(struct link_config *config, enum link_kind kind)
{
	config->kind = kind;
	if (config->mtu == 0)
		config->mtu = kind == LINK_TAP ? 65520 : 1500;
}

const struct link_network *link_config_network(const struct link_config *config, int family)
{
	return family == AF_INET ? &config->v4 : &config->v6;
}
