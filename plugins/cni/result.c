/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result - what ADD answers (CNI specification 1.1.0, section Success) */
#include "plugins/cni/result.h"

#include <errno.h>
#include <string.h>

#include "launcher/json_reader.h"
#include "plugins/cni/error.h"
#include "src/failure.h"

/* --- to make one --- */

/* That may be changed; empty for NULL. */
static JsonObject *copy(JsonObject *object)
{
	if (!object)
		return json_object_new();
	g_autofree char *text = json_to_string(object, false);
	return json_from_string(text, NULL);
}

/* The member, which is made where it is missing. */
static JsonArray *list_of(JsonObject *result, const char *name)
{
	if (!json_object_get_array_member(result, name))
		json_object_set_array_member(result, name, json_array_new());
	return json_object_get_array_member(result, name);
}

static void set_address(JsonObject *object, const char *name, const struct ip_address *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	json_object_set_string_member(object, name, ip_address_text(address, text));
}

static unsigned add_interface(JsonObject *result, const struct cni_config *config,
			      const struct link_config *link, const char *sandbox)
{
	JsonArray *interfaces = list_of(result, "interfaces");
	JsonObject *entry = json_object_new();
	g_autofree char *mac = mac_address_to_string(&link->mac);

	json_object_set_string_member(entry, "name", link->ifname);
	json_object_set_string_member(entry, "mac", mac);
	if (config->version >= CNI_1_1_0)
		json_object_set_int_member(entry, "mtu", link->mtu);
	json_object_set_string_member(entry, "sandbox", sandbox);
	json_array_add_object_element(interfaces, entry);
	return json_array_get_length(interfaces) - 1;
}

static void add_address(JsonObject *result, const struct cni_config *config,
			const struct link_network *network, unsigned interface)
{
	bool is_v4 = network->command.family == AF_INET;
	JsonObject *entry = json_object_new();
	char address[IP_ADDRESS_TEXT_SIZE];

	ip_address_text(&network->command, address);
	g_autofree char *with_length = g_strdup_printf("%s/%u", address, network->prefix.length);
	if (config->version < CNI_1_0_0)
		json_object_set_string_member(entry, "version", is_v4 ? "4" : "6");
	json_object_set_int_member(entry, "interface", interface);
	json_object_set_string_member(entry, "address", with_length);
	set_address(entry, "gateway", &network->gateway);
	json_array_add_object_element(list_of(result, "ips"), entry);
}

static void add_default_route(JsonObject *result, const struct link_network *network)
{
	bool is_v4 = network->command.family == AF_INET;
	JsonObject *entry = json_object_new();

	json_object_set_string_member(entry, "dst", is_v4 ? "0.0.0.0/0" : "::/0");
	set_address(entry, "gw", &network->gateway);
	json_array_add_object_element(list_of(result, "routes"), entry);
}

static void add_own_servers(JsonObject *dns, const struct link_config *link)
{
	const struct link_network *networks[] = {&link->v4, &link->v6};
	JsonArray *servers = list_of(dns, "nameservers");
	char text[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < G_N_ELEMENTS(networks); i++)
		if (networks[i]->enabled)
			json_array_add_string_element(servers,
						      ip_address_text(&networks[i]->dns, text));
}

/* As it was asked for, but for name servers that nobody has named. */
static void add_wanted_dns(JsonObject *result, const struct cni_config *config,
			   const struct link_config *link)
{
	JsonObject *dns = copy(config->dns);

	if (!json_object_get_array_member(dns, "nameservers"))
		add_own_servers(dns, link);
	json_object_set_object_member(result, "dns", dns);
}

/* Name servers that a plugin before this one has found stay. */
static void add_dns(JsonObject *result, const struct link_config *link)
{
	JsonObject *dns = json_object_get_object_member(result, "dns");
	const JsonArray *servers = dns ? json_object_get_array_member(dns, "nameservers") : NULL;

	if (servers && json_array_get_length(servers))
		return;
	if (!dns) {
		dns = json_object_new();
		json_object_set_object_member(result, "dns", dns);
	}
	add_own_servers(dns, link);
}

JsonNode *cni_result_make(const struct cni_config *config, const struct link_config *link,
			  const char *sandbox)
{
	const struct link_network *networks[] = {&link->v4, &link->v6};
	JsonObject *result = copy(config->previous);

	json_object_set_string_member(result, "cniVersion", cni_version_name(config->version));
	unsigned interface = add_interface(result, config, link, sandbox);
	for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
		if (!networks[i]->enabled)
			continue;
		add_address(result, config, networks[i], interface);
		if (!networks[i]->is_secondary)
			add_default_route(result, networks[i]);
	}
	if (config->dns)
		add_wanted_dns(result, config, link);
	else
		add_dns(result, link);
	return result;
}

/* --- to read one --- */

static bool missing(const char *ifname, GError **error)
{
	return cni_error_set(error, CNI_CHECK_FAILED, NULL,
			     "prevResult has no interface %s in this namespace", ifname);
}

static bool find_interface(const struct json_place *place, const char *ifname, const char *sandbox,
			   unsigned *ret_index, struct json_place *ret_entry, GError **error)
{
	JsonArray *interfaces = NULL;

	if (!json_reader_array(place, "interfaces", &interfaces, error))
		return false;
	for (unsigned i = 0; interfaces && i < json_array_get_length(interfaces); i++) {
		struct json_place entry = {.prefix = "prevResult.interfaces."};
		const char *name = NULL, *inside = NULL;

		entry.object =
			json_reader_element_object(place, "interfaces", interfaces, i, error);
		if (!entry.object || !json_reader_string(&entry, "name", &name, error) ||
		    !json_reader_string(&entry, "sandbox", &inside, error))
			return false;
		if (g_strcmp0(name, ifname) == 0 && g_strcmp0(inside, sandbox) == 0) {
			*ret_index = i;
			*ret_entry = entry;
			return true;
		}
	}
	return missing(ifname, error);
}

static bool read_mac(const struct json_place *entry, struct mac_address *ret_mac, GError **error)
{
	const char *text = "";

	return json_reader_string(entry, "mac", &text, error) &&
	       mac_address_parse(text, ret_mac, error);
}

static bool read_text(const struct json_place *entry, const char *member, char **ret_text,
		      GError **error)
{
	const char *text = "";

	if (!json_reader_string(entry, member, &text, error))
		return false;
	*ret_text = g_strndup(text, strcspn(text, "/"));
	return true;
}

static bool read_address(const struct json_place *entry, GArray *addresses, GError **error)
{
	g_autofree char *text = NULL;
	struct ip_address address;

	if (!read_text(entry, "address", &text, error) || !ip_address_parse(text, &address, error))
		return false;
	g_array_append_val(addresses, address);
	return true;
}

/* Whatever other plugins have written there that is no address is no router of ours. */
static bool read_router(const struct json_place *entry, const char *member, GArray *routers,
			GError **error)
{
	g_autofree char *text = NULL;
	struct ip_address router;

	if (!read_text(entry, member, &text, error))
		return false;
	if (ip_address_parse(text, &router, NULL))
		g_array_append_val(routers, router);
	return true;
}

static bool read_ips(const struct json_place *place, unsigned index,
		     struct cni_interface *interface, GError **error)
{
	JsonArray *ips = NULL;

	if (!json_reader_array(place, "ips", &ips, error))
		return false;
	for (unsigned i = 0; ips && i < json_array_get_length(ips); i++) {
		struct json_place entry = {.prefix = "prevResult.ips."};
		uint64_t of = UINT64_MAX;

		entry.object = json_reader_element_object(place, "ips", ips, i, error);
		if (!entry.object || !json_reader_number(&entry, "interface", &of, error) ||
		    (of == index && (!read_address(&entry, interface->addresses, error) ||
				     !read_router(&entry, "gateway", interface->routers, error))))
			return false;
	}
	return true;
}

static bool is_default(const char *destination)
{
	return g_str_equal(destination, "0.0.0.0/0") || g_str_equal(destination, "::/0");
}

static bool has_router(const GArray *routers, const struct ip_address *router)
{
	for (guint i = 0; i < routers->len; i++)
		if (ip_address_equal(&g_array_index(routers, struct ip_address, i), router))
			return true;
	return false;
}

/* Leaves of the gateways those that default routes lead to. */
static bool keep_routers(const struct json_place *place, struct cni_interface *interface,
			 GError **error)
{
	g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(struct ip_address));
	JsonArray *routes = NULL;

	if (!json_reader_array(place, "routes", &routes, error))
		return false;
	for (unsigned i = 0; routes && i < json_array_get_length(routes); i++) {
		struct json_place entry = {.prefix = "prevResult.routes."};
		const char *destination = "";

		entry.object = json_reader_element_object(place, "routes", routes, i, error);
		if (!entry.object || !json_reader_string(&entry, "dst", &destination, error) ||
		    (is_default(destination) && !read_router(&entry, "gw", listed, error)))
			return false;
	}
	for (guint i = interface->routers->len; i-- > 0;)
		if (!has_router(listed, &g_array_index(interface->routers, struct ip_address, i)))
			g_array_remove_index(interface->routers, i);
	return true;
}

void cni_interface_init(struct cni_interface *interface)
{
	interface->addresses = g_array_new(FALSE, FALSE, sizeof(struct ip_address));
	interface->routers = g_array_new(FALSE, FALSE, sizeof(struct ip_address));
}

void cni_interface_done(struct cni_interface *interface)
{
	g_clear_pointer(&interface->addresses, g_array_unref);
	g_clear_pointer(&interface->routers, g_array_unref);
}

bool cni_result_find(JsonObject *result, const char *ifname, const char *sandbox,
		     struct cni_interface *ret_interface, GError **error)
{
	const struct json_place place = {result, "prevResult."};
	struct json_place entry;
	unsigned index = 0;

	return find_interface(&place, ifname, sandbox, &index, &entry, error) &&
	       read_mac(&entry, &ret_interface->mac, error) &&
	       read_ips(&place, index, ret_interface, error) &&
	       keep_routers(&place, ret_interface, error);
}
