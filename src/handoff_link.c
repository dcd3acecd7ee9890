/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handoff_link - the link in a start message (src/handoff.h) */
#include "src/handoff_link.h"

#include "src/handoff_message.h"
#include "src/json_add.h"
#include "src/json_get.h"

static void add_set_address(JsonBuilder *builder, const char *name,
			    const struct ip_address *address)
{
	if (address->family != AF_UNSPEC)
		json_add_address(builder, name, address);
}

static void add_network(JsonBuilder *builder, const char *name, const struct link_network *network)
{
	if (!network->enabled)
		return;
	g_autofree char *prefix = ip_prefix_to_string(&network->prefix);
	json_builder_set_member_name(builder, name);
	json_builder_begin_object(builder);
	json_add_string(builder, "prefix", prefix);
	json_add_address(builder, "command", &network->command);
	json_add_address(builder, "gateway", &network->gateway);
	json_add_bool(builder, "shared", network->is_shared);
	json_add_bool(builder, "hides_loopback", network->hides_loopback);
	json_add_bool(builder, "opens_host", network->opens_host);
	add_set_address(builder, "router", &network->router);
	add_set_address(builder, "dns", &network->dns);
	add_set_address(builder, "host", &network->host);
	add_set_address(builder, "dhcp", &network->dhcp);
	add_set_address(builder, "outbound", &network->outbound);
	json_builder_end_object(builder);
}

void handoff_link_add(JsonBuilder *builder, const struct link_config *link)
{
	g_autofree char *mac = mac_address_to_string(&link->mac);

	json_builder_set_member_name(builder, "link");
	json_builder_begin_object(builder);
	json_add_string(builder, "kind", link_kind_name(link->kind));
	json_add_string(builder, "ifname", link->ifname);
	json_add_string(builder, "mac", mac);
	if (!mac_address_is_zero(&link->neighbour_mac)) {
		g_autofree char *neighbour_mac = mac_address_to_string(&link->neighbour_mac);
		json_add_string(builder, "neighbour_mac", neighbour_mac);
	}
	json_add_int(builder, "mtu", link->mtu);
	json_add_int(builder, "udp_timeout", link->udp_timeout);
	json_add_int(builder, "udp_brief_timeout", link->udp_brief_timeout);
	add_network(builder, "v4", &link->v4);
	add_network(builder, "v6", &link->v6);
	json_builder_end_object(builder);
}

/* Absent means unset. */
static bool read_set_address(JsonObject *object, const char *name, sa_family_t family,
			     struct ip_address *address, GError **error)
{
	const char *text = json_get_string(object, name);

	if (*text && !ip_address_parse(text, address, error))
		return false;
	return !*text || address->family == family || handoff_message_malformed(error, name);
}

static bool read_set_mac(JsonObject *object, const char *name, struct mac_address *mac,
			 GError **error)
{
	const char *text = json_get_string(object, name);

	return !*text || mac_address_parse(text, mac, error);
}

static bool read_network(JsonObject *link, const char *name, struct link_network *network,
			 GError **error)
{
	JsonObject *object = json_get_object(link, name);

	if (!object)
		return true;
	sa_family_t family = g_str_equal(name, "v4") ? AF_INET : AF_INET6;
	network->enabled = true;
	network->is_shared = json_get_bool(object, "shared");
	network->hides_loopback = json_get_bool(object, "hides_loopback");
	network->opens_host = json_get_bool(object, "opens_host");
	return ip_prefix_parse(json_get_string(object, "prefix"), &network->prefix, error) &&
	       ip_address_parse(json_get_string(object, "command"), &network->command, error) &&
	       ip_address_parse(json_get_string(object, "gateway"), &network->gateway, error) &&
	       read_set_address(object, "router", family, &network->router, error) &&
	       read_set_address(object, "dns", family, &network->dns, error) &&
	       read_set_address(object, "host", family, &network->host, error) &&
	       read_set_address(object, "dhcp", family, &network->dhcp, error) &&
	       read_set_address(object, "outbound", family, &network->outbound, error);
}

bool handoff_link_read(JsonObject *object, struct link_config *config, GError **error)
{
	JsonObject *link = json_get_object(object, "link");

	if (!link)
		return handoff_message_malformed(error, "link");
	g_strlcpy(config->ifname, json_get_string(link, "ifname"), sizeof(config->ifname));
	gint64 mtu = json_get_int(link, "mtu");
	if (mtu < LINK_MTU_MIN || mtu > LINK_MTU_MAX)
		return handoff_message_malformed(error, "MTU");
	config->mtu = (unsigned)mtu;
	config->udp_timeout =
		(unsigned)CLAMP(json_get_int(link, "udp_timeout"), 0, LINK_UDP_TIMEOUT_MAX);
	config->udp_brief_timeout =
		(unsigned)CLAMP(json_get_int(link, "udp_brief_timeout"), 0, LINK_UDP_TIMEOUT_MAX);
	return link_kind_parse(json_get_string(link, "kind"), &config->kind, error) &&
	       mac_address_parse(json_get_string(link, "mac"), &config->mac, error) &&
	       read_set_mac(link, "neighbour_mac", &config->neighbour_mac, error) &&
	       read_network(link, "v4", &config->v4, error) &&
	       read_network(link, "v6", &config->v6, error);
}
