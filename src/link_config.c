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
