/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network - what netavark says of a network and of a container in it (its plugin-API.md) */
#include "plugins/netavark/network.h"

#include <errno.h>

#include "launcher/json_reader.h"
#include "src/failure.h"

/* In a network: as link_network_init() has it, and the first behind the resolver. */
#define GATEWAY	      2
#define FIRST_COMMAND 4

static bool read_bool(const struct json_place *place, const char *name, bool *ret_value,
		      GError **error)
{
	JsonNode *node = json_object_get_member(place->object, name);

	if (!node || JSON_NODE_HOLDS_NULL(node))
		return true;
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != JSON_VALUE_BOOLEAN) {
		failure_set(error, EINVAL, NULL, "%s%s must be true or false", place->prefix, name);
		return false;
	}
	*ret_value = json_node_get_boolean(node);
	return true;
}

/* --- a network --- */

/* Each is a text, by the name of an option of netns-run. */
static bool take_options(const struct json_place *place, struct settings *settings, GError **error)
{
	struct json_place inner = {.prefix = place->prefix};

	if (!json_reader_object(place, "options", &inner.object, error))
		return false;
	if (!inner.object)
		return true;
	g_autoptr(GList) names = json_object_get_members(inner.object);
	for (const GList *name = names; name; name = name->next) {
		const char *value = NULL;
		if (!json_reader_string(&inner, name->data, &value, error) ||
		    !settings_take_text(settings, name->data, value ? value : "", error))
			return false;
	}
	return true;
}

static bool take_subnet(const struct json_place *place, struct settings *settings, GError **error)
{
	const char *subnet = "";
	struct ip_prefix prefix;

	if (!json_reader_string(place, "subnet", &subnet, error) ||
	    !ip_prefix_parse(subnet, &prefix, error))
		return false;
	return settings_take_text(settings, prefix.address.family == AF_INET ? "cidr" : "cidr6",
				  subnet, error);
}

static bool take_subnets(const struct json_place *place, struct settings *settings, GError **error)
{
	JsonArray *subnets = NULL;

	if (!json_reader_array(place, "subnets", &subnets, error))
		return false;
	for (unsigned i = 0; subnets && i < json_array_get_length(subnets); i++) {
		struct json_place inner = {.prefix = "subnets."};
		inner.object = json_reader_element_object(place, "subnets", subnets, i, error);
		if (!inner.object || !take_subnet(&inner, settings, error))
			return false;
	}
	return true;
}

/* podman's networks have no IPv6 if nobody asks for it. */
static bool take_ipv6(const struct json_place *place, struct settings *settings, GError **error)
{
	const JsonObject *options = json_object_get_object_member(place->object, "options");
	bool is_enabled = false;

	if (!read_bool(place, "ipv6_enabled", &is_enabled, error))
		return false;
	if (!options || !json_object_has_member(options, "ipv6"))
		settings->network.no_ipv6 = !is_enabled;
	return true;
}

static bool take_network(const struct json_place *place, struct settings *settings, GError **error)
{
	bool is_internal = false;

	if (!read_bool(place, "internal", &is_internal, error))
		return false;
	if (is_internal) {
		failure_set(error, EOPNOTSUPP, "leave --internal out, or take --network none",
			    "containers of these networks meet nobody but the host and what is "
			    "beyond: none can be internal");
		return false;
	}
	const JsonArray *routes = json_object_get_array_member(place->object, "routes");
	if (routes && json_array_get_length(routes)) {
		failure_set(error, EOPNOTSUPP, "leave --route out",
			    "containers of these networks have the default route alone");
		return false;
	}
	return take_options(place, settings, error) && take_subnets(place, settings, error) &&
	       take_ipv6(place, settings, error);
}

/* podman hands out the addresses: the gateway's and the resolver's are not among them. */
static void settle_subnet(JsonObject *subnet)
{
	char gateway[IP_ADDRESS_TEXT_SIZE], first[IP_ADDRESS_TEXT_SIZE];
	struct ip_prefix prefix;

	if (!ip_prefix_parse(json_object_get_string_member(subnet, "subnet"), &prefix, NULL))
		return;
	struct ip_address gateway_address = ip_prefix_host(&prefix, GATEWAY),
			  first_address = ip_prefix_host(&prefix, FIRST_COMMAND);
	json_object_set_string_member(subnet, "gateway",
				      ip_address_text(&gateway_address, gateway));
	if (json_object_get_object_member(subnet, "lease_range"))
		return;
	JsonObject *range = json_object_new();
	json_object_set_string_member(range, "start_ip", ip_address_text(&first_address, first));
	json_object_set_object_member(subnet, "lease_range", range);
}

/* What the link decides for itself. */
static void settle_network(JsonObject *network)
{
	JsonArray *subnets = json_object_get_array_member(network, "subnets");

	for (unsigned i = 0; subnets && i < json_array_get_length(subnets); i++)
		settle_subnet(json_array_get_object_element(subnets, i));
	/* Names of other containers would lead nowhere. */
	json_object_set_boolean_member(network, "dns_enabled", false);
}

JsonNode *netavark_network_create(const char *text, size_t size, GError **error)
{
	g_autoptr(JsonNode) root = json_reader_parse(text, size, error);
	struct settings settings;

	if (!root)
		return NULL;
	settings_init(&settings);
	bool is_possible = take_network(&(struct json_place){json_node_get_object(root), ""},
					&settings, error) &&
			   settings_check(&settings, "eth0", error);
	settings_done(&settings);
	if (!is_possible)
		return NULL;
	settle_network(json_node_get_object(root));
	return g_steal_pointer(&root);
}

/* --- a container --- */

void netavark_request_init(struct netavark_request *request)
{
	*request = (struct netavark_request){.servers = g_ptr_array_new()};
	settings_init(&request->settings);
}

void netavark_request_done(struct netavark_request *request)
{
	settings_done(&request->settings);
	g_ptr_array_unref(request->servers);
	json_node_unref(request->root);
}

static bool require(const struct json_place *place, const char *name, const char **ret_value,
		    GError **error)
{
	const char *value = NULL;

	if (!json_reader_string(place, name, &value, error))
		return false;
	if (!value || !*value) {
		failure_set(error, EINVAL, NULL, "%s%s is missing", place->prefix, name);
		return false;
	}
	*ret_value = value;
	return true;
}

static bool require_object(const struct json_place *place, const char *name,
			   JsonObject **ret_object, GError **error)
{
	JsonObject *object = NULL;

	if (!json_reader_object(place, name, &object, error))
		return false;
	if (!object) {
		failure_set(error, EINVAL, NULL, "%s%s is missing", place->prefix, name);
		return false;
	}
	*ret_object = object;
	return true;
}

static bool take_mapping(const struct json_place *place, GArray *rules, GError **error)
{
	const char *protocol = "tcp", *host = "";
	uint64_t host_port = 0, container_port = 0, range = 1;
	struct port_rule rule;

	if (!json_reader_string(place, "protocol", &protocol, error) ||
	    !json_reader_string(place, "host_ip", &host, error) ||
	    !json_reader_number(place, "host_port", &host_port, error) ||
	    !json_reader_number(place, "container_port", &container_port, error) ||
	    !json_reader_number(place, "range", &range, error))
		return false;
	range = MAX(range, 1);
	if (host_port < 1 || container_port < 1 || range > UINT16_MAX ||
	    host_port + range - 1 > UINT16_MAX || container_port + range - 1 > UINT16_MAX) {
		failure_set(error, EINVAL, NULL, "%s has no ports from 1 to 65535", place->prefix);
		return false;
	}
	rule = (struct port_rule){
		.protocol = g_str_equal(protocol, "udp") ? IPPROTO_UDP : IPPROTO_TCP,
		.host_first = (uint16_t)host_port,
		.host_last = (uint16_t)(host_port + range - 1),
		.guest_first = (uint16_t)container_port,
	};
	if (rule.protocol == IPPROTO_TCP && !g_str_equal(protocol, "tcp")) {
		failure_set(error, EOPNOTSUPP, "take tcp or udp", "'%s' cannot be published",
			    protocol);
		return false;
	}
	if (*host && !ip_address_parse(host, &rule.host, error))
		return false;
	g_array_append_val(rules, rule);
	return true;
}

static bool take_mappings(const struct json_place *place, GArray *rules, GError **error)
{
	JsonArray *mappings = NULL;

	if (!json_reader_array(place, "port_mappings", &mappings, error))
		return false;
	for (unsigned i = 0; mappings && i < json_array_get_length(mappings); i++) {
		struct json_place inner = {.prefix = "port_mappings."};
		inner.object =
			json_reader_element_object(place, "port_mappings", mappings, i, error);
		if (!inner.object || !take_mapping(&inner, rules, error))
			return false;
	}
	return true;
}

static bool take_addresses(const struct json_place *place, struct settings *settings,
			   GError **error)
{
	JsonArray *addresses = NULL;
	const char *mac = NULL;

	if (!json_reader_array(place, "static_ips", &addresses, error) ||
	    !json_reader_string(place, "static_mac", &mac, error))
		return false;
	for (unsigned i = 0; addresses && i < json_array_get_length(addresses); i++) {
		const char *text = json_reader_element(place, "static_ips", addresses, i, error);
		if (!text || !settings_take_address(settings, text, error))
			return false;
	}
	return !mac || !*mac || settings_take_text(settings, "mac", mac, error);
}

static bool take_servers(const struct json_place *network, GPtrArray *servers, GError **error)
{
	JsonArray *array = NULL;

	if (!json_reader_array(network, "network_dns_servers", &array, error))
		return false;
	for (unsigned i = 0; array && i < json_array_get_length(array); i++) {
		const char *text =
			json_reader_element(network, "network_dns_servers", array, i, error);
		if (!text)
			return false;
		g_ptr_array_add(servers, (char *)text);
	}
	return true;
}

bool netavark_request_parse(const char *text, size_t size, bool is_end,
			    struct netavark_request *request, GError **error)
{
	struct json_place place = {.prefix = ""}, network = {.prefix = "network."},
			  own = {.prefix = "network_options."};

	request->root = json_reader_parse(text, size, error);
	if (!request->root)
		return false;
	place.object = json_node_get_object(request->root);
	if (!require(&place, "container_id", &request->container_id, error) ||
	    !require_object(&place, "network", &network.object, error) ||
	    !require_object(&place, "network_options", &own.object, error) ||
	    !require(&network, "name", &request->network, error) ||
	    !require(&own, "interface_name", &request->ifname, error))
		return false;
	if (is_end)
		return true;
	if (!take_network(&network, &request->settings, error))
		return false;
	settings_fix(&request->settings, "the network's options");
	return take_options(&own, &request->settings, error) &&
	       take_addresses(&own, &request->settings, error) &&
	       take_mappings(&place, request->settings.network.ports, error) &&
	       take_servers(&network, request->servers, error) &&
	       settings_check(&request->settings, request->ifname, error);
}

/* --- the answer --- */

static void add_subnet(JsonArray *subnets, const struct link_network *network)
{
	char address[IP_ADDRESS_TEXT_SIZE], gateway[IP_ADDRESS_TEXT_SIZE];
	JsonObject *subnet = json_object_new();

	ip_address_text(&network->command, address);
	g_autofree char *ipnet = g_strdup_printf("%s/%u", address, network->prefix.length);
	json_object_set_string_member(subnet, "ipnet", ipnet);
	json_object_set_string_member(subnet, "gateway",
				      ip_address_text(&network->gateway, gateway));
	json_array_add_object_element(subnets, subnet);
}

static JsonArray *list_servers(const struct netavark_request *request,
			       const struct link_config *link)
{
	JsonArray *servers = json_array_new();
	char text[IP_ADDRESS_TEXT_SIZE];

	for (guint i = 0; i < request->servers->len; i++)
		json_array_add_string_element(servers, g_ptr_array_index(request->servers, i));
	if (request->servers->len)
		return servers;
	json_array_add_string_element(servers, ip_address_text(&link->v4.dns, text));
	if (link->v6.enabled)
		json_array_add_string_element(servers, ip_address_text(&link->v6.dns, text));
	return servers;
}

JsonNode *netavark_request_answer(const struct netavark_request *request,
				  const struct link_config *link)
{
	JsonObject *answer = json_object_new(), *interfaces = json_object_new(),
		   *interface = json_object_new();
	JsonArray *subnets = json_array_new();
	g_autofree char *mac = mac_address_to_string(&link->mac);

	add_subnet(subnets, &link->v4);
	if (link->v6.enabled)
		add_subnet(subnets, &link->v6);
	json_object_set_string_member(interface, "mac_address", mac);
	json_object_set_array_member(interface, "subnets", subnets);
	json_object_set_object_member(interfaces, request->ifname, interface);
	json_object_set_array_member(answer, "dns_search_domains", json_array_new());
	json_object_set_array_member(answer, "dns_server_ips", list_servers(request, link));
	json_object_set_object_member(answer, "interfaces", interfaces);
	return answer;
}
