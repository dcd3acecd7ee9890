/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver - the resolver's address: what the command sends there, and whom it leads to */
#include "forwarder/resolver.h"

#include <string.h>

#include "forwarder/dns.h"
#include "forwarder/dns_tcp.h"
#include "forwarder/dns_udp.h"
#include "forwarder/resolv_conf.h"
#include "src/event_kind.h"

struct resolver {
	struct notifier *notifier;
	const struct link_config *link;
	GArray *servers; /* the host's, of struct sockaddr_storage */
	struct dns *dns;
	struct dns_udp *udp;
	struct dns_tcp *tcp;
};

static void tell(const struct resolver *resolver)
{
	JsonArray *list = json_array_new();
	JsonObject *details = json_object_new();
	JsonNode *root = json_node_new(JSON_NODE_OBJECT);

	for (guint i = 0; i < resolver->servers->len; i++) {
		g_autofree char *text = dns_server_to_string(
			&g_array_index(resolver->servers, struct sockaddr_storage, i));
		json_array_add_string_element(list, text);
	}
	json_object_set_array_member(details, "nameservers", list);
	json_node_take_object(root, details);
	notifier_event(resolver->notifier, event_kind_name(EVENT_RESOLVER_CHANGED), root);
}

static bool is_same(const GArray *a, const GArray *b)
{
	return a->len == b->len &&
	       (a->len == 0 ||
		memcmp(a->data, b->data, a->len * sizeof(struct sockaddr_storage)) == 0);
}

void resolver_set(struct resolver *resolver, const char *text)
{
	g_autoptr(GArray) servers = resolv_conf_servers(text);

	if (is_same(servers, resolver->servers))
		return;
	g_array_unref(resolver->servers);
	resolver->servers = g_steal_pointer(&servers);
	dns_set_host_servers(resolver->dns, resolver->servers);
	tell(resolver);
}

bool resolver_frame_from_tap(struct resolver *resolver, const struct frame *frame)
{
	if (frame->kind != FRAME_IP || !frame->has_ports)
		return false;
	const struct ip_address *address =
		&link_config_network(resolver->link, frame->destination.family)->dns;
	if (!ip_address_equal(&frame->destination, address))
		return false;
	if (frame->protocol == IPPROTO_UDP)
		dns_udp_frame_from_tap(resolver->udp, frame);
	else
		dns_tcp_frame_from_tap(resolver->tcp, frame);
	return true;
}

void resolver_describe(const struct resolver *resolver, JsonBuilder *builder)
{
	dns_describe(resolver->dns, builder);
}

struct resolver *resolver_new(const struct resolver_context *context,
			      const struct handoff_start *start)
{
	struct resolver *resolver = g_new0(struct resolver, 1);
	const struct dns_context dns = {
		.watch = context->watch,
		.way_out = context->way_out,
		.link = &start->link,
		.config = &start->dns,
		.names = context->names,
		.egress = context->egress,
		.virtual_names = context->virtual_names,
	};

	resolver->notifier = context->notifier;
	resolver->link = &start->link;
	resolver->servers = resolv_conf_servers(start->resolv_conf ? start->resolv_conf : "");
	resolver->dns = dns_new(&dns);
	dns_set_host_servers(resolver->dns, resolver->servers);
	resolver->udp = dns_udp_new(resolver->dns, context->tap, &start->link);
	resolver->tcp = dns_tcp_new(resolver->dns, context->tap, &start->link);
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	dns_udp_free(resolver->udp);
	dns_tcp_free(resolver->tcp);
	dns_free(resolver->dns);
	g_array_unref(resolver->servers);
	g_free(resolver);
}
