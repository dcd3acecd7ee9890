/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_config - what a container's resolver is told: whom to ask, and names of its own */
#include "src/dns_config.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>

#include "src/failure.h"
#include "src/handoff_message.h"
#include "src/json_add.h"
#include "src/number.h"

#define DNS_PORT       53
#define NAME_MAX_SIZE  253
#define LABEL_MAX_SIZE 63

static void host_clear(gpointer data)
{
	struct dns_host *host = data;

	g_free(host->name);
}

void dns_config_init(struct dns_config *config)
{
	config->servers = g_array_new(FALSE, TRUE, sizeof(struct sockaddr_storage));
	config->hosts = g_array_new(FALSE, TRUE, sizeof(struct dns_host));
	g_array_set_clear_func(config->hosts, host_clear);
}

void dns_config_done(struct dns_config *config)
{
	g_clear_pointer(&config->servers, g_array_unref);
	g_clear_pointer(&config->hosts, g_array_unref);
}

void dns_config_add_host(struct dns_config *config, const char *name,
			 const struct ip_address *address)
{
	struct dns_host host = {g_strdup(name), *address};

	g_array_append_val(config->hosts, host);
}

void dns_config_append(struct dns_config *to, const struct dns_config *config)
{
	g_array_append_vals(to->servers, config->servers->data, config->servers->len);
	for (guint i = 0; i < config->hosts->len; i++) {
		const struct dns_host *host = &g_array_index(config->hosts, struct dns_host, i);

		dns_config_add_host(to, host->name, &host->address);
	}
}

static bool is_label(const char *label)
{
	size_t size = strlen(label);

	for (const char *c = label; *c; c++)
		if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_')
			return false;
	return size > 0 && size <= LABEL_MAX_SIZE && label[0] != '-' && label[size - 1] != '-';
}

char *dns_host_name_parse(const char *text, GError **error)
{
	g_autofree char *name = g_ascii_strdown(text, -1);
	size_t size = strlen(name);

	if (size > 1 && name[size - 1] == '.')
		name[--size] = '\0';
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);
	bool is_good = size > 0 && size <= NAME_MAX_SIZE;
	for (char **label = labels; *label; label++)
		is_good = is_good && is_label(*label);
	if (is_good)
		return g_steal_pointer(&name);
	g_autofree char *printable = g_strescape(text, NULL);
	failure_set(error, EINVAL, "take letters, digits, hyphens and dots, e.g. db.internal",
		    "'%s' is no host name", printable);
	return NULL;
}

/* --- servers --- */

static bool set_address(const char *text, struct sockaddr_storage *server)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
	struct addrinfo *found;
	struct ip_address address;
	g_autofree char *plain = g_strndup(text, strcspn(text, "%"));

	/* getaddrinfo() reads the scope (fe80::1%eth0), but also forms like 127.1 and 0x7f000001.
	 */
	if (!ip_address_parse(plain, &address, NULL) ||
	    getaddrinfo(text, NULL, &hints, &found) != 0)
		return false;
	memcpy(server, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	/* It takes any number as a scope of any address, but a name only where it has a meaning. */
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)server;
	bool is_of_link = server->ss_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr);
	if (server->ss_family == AF_INET6 && !is_of_link)
		in6->sin6_scope_id = 0;
	return !ip_address_is_multicast(&address) && (!is_of_link || in6->sin6_scope_id);
}

bool dns_server_parse(const char *text, struct sockaddr_storage *ret_server, GError **error)
{
	struct sockaddr_storage server = {0};
	const char *mark = strchr(text, '#');
	g_autofree char *address = mark ? g_strndup(text, (size_t)(mark - text)) : g_strdup(text);
	g_autofree char *printable = g_strescape(text, NULL);
	g_autofree char *what = g_strdup_printf("the port of the name server '%s'", printable);
	guint64 port = DNS_PORT;

	if (mark && !number_parse(mark + 1, 1, 65535, what, &port, error))
		return false;
	if (!set_address(address, &server)) {
		failure_set(error, EINVAL,
			    "write an IP address, or ADDRESS#PORT; fe80::1%eth0 with its interface",
			    "'%s' is no name server", printable);
		return false;
	}
	/* sin_port and sin6_port share their place, as RFC 3493 has it. */
	((struct sockaddr_in *)&server)->sin_port = htons((uint16_t)port);
	*ret_server = server;
	return true;
}

char *dns_server_to_string(const struct sockaddr_storage *server)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)server;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)server;
	char buffer[IP_ADDRESS_TEXT_SIZE], interface[IF_NAMESIZE];
	struct ip_address address = {0};
	uint16_t port;
	GString *text;

	ip_address_from_sockaddr((const struct sockaddr *)server, &address, &port);
	text = g_string_new(ip_address_text(&address, buffer));
	if (server->ss_family == AF_INET6 && in6->sin6_scope_id) {
		if (if_indextoname(in6->sin6_scope_id, interface))
			g_string_append_printf(text, "%%%s", interface);
		else
			g_string_append_printf(text, "%%%u", in6->sin6_scope_id);
	}
	if (ntohs(in->sin_port) != DNS_PORT)
		g_string_append_printf(text, "#%u", ntohs(in->sin_port));
	return g_string_free(text, FALSE);
}

/* --- JSON --- */

static void add_host(JsonBuilder *builder, const struct dns_host *host)
{
	json_builder_begin_object(builder);
	json_add_string(builder, "name", host->name);
	json_add_address(builder, "address", &host->address);
	json_builder_end_object(builder);
}

void dns_config_add(JsonBuilder *builder, const struct dns_config *config)
{
	if (config->servers->len == 0 && config->hosts->len == 0)
		return;
	json_builder_set_member_name(builder, "dns");
	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "servers");
	json_builder_begin_array(builder);
	for (guint i = 0; i < config->servers->len; i++) {
		g_autofree char *text = dns_server_to_string(
			&g_array_index(config->servers, struct sockaddr_storage, i));
		json_builder_add_string_value(builder, text);
	}
	json_builder_end_array(builder);
	json_builder_set_member_name(builder, "hosts");
	json_builder_begin_array(builder);
	for (guint i = 0; i < config->hosts->len; i++)
		add_host(builder, &g_array_index(config->hosts, struct dns_host, i));
	json_builder_end_array(builder);
	json_builder_end_object(builder);
}

static const char *string_of(JsonNode *node)
{
	const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

	return text ? text : "";
}

static JsonArray *array_of(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static bool read_servers(JsonArray *array, struct dns_config *config, GError **error)
{
	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		struct sockaddr_storage server;

		if (!dns_server_parse(string_of(json_array_get_element(array, i)), &server, error))
			return false;
		g_array_append_val(config->servers, server);
	}
	return true;
}

static bool read_hosts(JsonArray *array, struct dns_config *config, GError **error)
{
	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		struct ip_address address = {0};

		if (!JSON_NODE_HOLDS_OBJECT(node))
			return handoff_message_malformed(error, "host name");
		JsonObject *object = json_node_get_object(node);
		g_autofree char *name = dns_host_name_parse(
			string_of(json_object_get_member(object, "name")), error);
		const char *text = string_of(json_object_get_member(object, "address"));
		if (!name || (*text && !ip_address_parse(text, &address, error)))
			return false;
		dns_config_add_host(config, name, &address);
	}
	return true;
}

bool dns_config_read(JsonObject *object, struct dns_config *config, GError **error)
{
	JsonNode *node = json_object_get_member(object, "dns");

	if (!node)
		return true;
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return handoff_message_malformed(error, "dns");
	JsonObject *dns = json_node_get_object(node);
	return read_servers(array_of(dns, "servers"), config, error) &&
	       read_hosts(array_of(dns, "hosts"), config, error);
}
