/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver - which name servers the host has, and that it has others */
#include "forwarder/resolver.h"

#include <string.h>

#include "src/address.h"
#include "src/event_kind.h"

struct resolver {
	struct notifier *notifier;
	struct resolv_conf *conf;
	struct sockaddr_storage servers[2]; /* IPv4, IPv6 */
};

/* The one of the other family is no news. */
static void read_servers(const struct resolver *resolver, struct sockaddr_storage servers[2])
{
	static const int families[] = {AF_INET, AF_INET6};

	memset(servers, 0, 2 * sizeof(servers[0]));
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		if (!resolv_conf_nameserver(resolver->conf, families[i], &servers[i]) ||
		    servers[i].ss_family != families[i])
			memset(&servers[i], 0, sizeof(servers[i]));
	}
}

static void tell(const struct resolver *resolver)
{
	JsonArray *list = json_array_new();
	JsonObject *details = json_object_new();
	JsonNode *root = json_node_new(JSON_NODE_OBJECT);

	for (size_t i = 0; i < G_N_ELEMENTS(resolver->servers); i++) {
		struct ip_address address;
		uint16_t port;
		char text[IP_ADDRESS_TEXT_SIZE];

		if (ip_address_from_sockaddr((const struct sockaddr *)&resolver->servers[i],
					     &address, &port))
			json_array_add_string_element(list, ip_address_text(&address, text));
	}
	json_object_set_array_member(details, "nameservers", list);
	json_node_take_object(root, details);
	notifier_event(resolver->notifier, event_kind_name(EVENT_RESOLVER_CHANGED), root);
}

void resolver_set(struct resolver *resolver, const char *text)
{
	struct sockaddr_storage servers[2];

	resolv_conf_set(resolver->conf, text);
	read_servers(resolver, servers);
	if (memcmp(servers, resolver->servers, sizeof(servers)) == 0)
		return;
	memcpy(resolver->servers, servers, sizeof(servers));
	tell(resolver);
}

const struct resolv_conf *resolver_conf(const struct resolver *resolver)
{
	return resolver->conf;
}

struct resolver *resolver_new(const char *text, struct notifier *notifier)
{
	struct resolver *resolver = g_new0(struct resolver, 1);

	resolver->notifier = notifier;
	resolver->conf = resolv_conf_new();
	resolv_conf_set(resolver->conf, text ? text : "");
	read_servers(resolver, resolver->servers);
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	resolv_conf_free(resolver->conf);
	g_free(resolver);
}
