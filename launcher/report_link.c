/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_link - tells others about a link: its part of state.json */
#include "launcher/report_link.h"

#include "src/json_add.h"

static void add_network(JsonBuilder *builder, const struct link_network *network,
			const char *const names[3])
{
	const struct ip_address *addresses[] = {&network->command, &network->gateway,
						&network->dns};
	char text[IP_ADDRESS_TEXT_SIZE];

	if (!network->enabled)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++)
		json_add_string(builder, names[i], ip_address_text(addresses[i], text));
}

void report_link(JsonBuilder *builder, const struct link_config *link)
{
	static const char *const names4[] = {"ipv4", "gateway", "dns"};
	static const char *const names6[] = {"ipv6", "gateway6", "dns6"};
	g_autofree char *mac = mac_address_to_string(&link->mac);

	json_add_string(builder, "link", link_kind_name(link->kind));
	json_add_string(builder, "ifname", link->ifname);
	json_add_int(builder, "mtu", link->mtu);
	json_add_string(builder, "mac", mac);
	add_network(builder, &link->v4, names4);
	add_network(builder, &link->v6, names6);
}
