/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_verbs - what can be asked over the control socket */
#include "forwarder/control.h"

#include <errno.h>

#include "forwarder/control_egress.h"
#include "forwarder/control_flows.h"
#include "forwarder/control_ports.h"
#include "forwarder/control_rate.h"
#include "forwarder/control_reply.h"
#include "forwarder/control_request.h"
#include "src/failure.h"
#include "src/json_add.h"

typedef JsonNode *(*verb_function)(const struct control_context *context, JsonObject *arguments,
				   GError **error);

struct verb {
	const char *name;
	verb_function run;
	bool is_flat; /* the answer's members stand at the top level, too */
};

static void describe_network(JsonBuilder *builder, const char *name,
			     const struct link_network *network)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (!network->enabled)
		return;
	g_autofree char *prefix = ip_prefix_to_string(&network->prefix);
	json_builder_set_member_name(builder, name);
	json_builder_begin_object(builder);
	json_add_string(builder, "cidr", prefix);
	json_add_string(builder, "address", ip_address_text(&network->command, text));
	json_add_string(builder, "gateway", ip_address_text(&network->gateway, text));
	json_add_string(builder, "dns", ip_address_text(&network->dns, text));
	if (network->is_shared) {
		json_add_string(builder, "router",
				ip_address_text(link_network_router(network), text));
		json_add_string(builder, "host", ip_address_text(&network->host, text));
	}
	json_builder_end_object(builder);
}

static JsonNode *inspect(const struct control_context *context, JsonObject *arguments G_GNUC_UNUSED,
			 GError **error G_GNUC_UNUSED)
{
	const struct link_config *link = context->link;
	g_autofree char *mac = mac_address_to_string(&link->mac);
	g_autoptr(JsonBuilder) builder = control_reply_begin();

	json_add_string(builder, "name", context->name);
	json_add_string(builder, "link", link_kind_name(link->kind));
	json_add_string(builder, "ifname", link->ifname);
	json_add_string(builder, "mac", mac);
	json_add_int(builder, "mtu", link->mtu);
	describe_network(builder, "ipv4", &link->v4);
	describe_network(builder, "ipv6", &link->v6);
	if (context->describe)
		context->describe(builder, context->opaque);
	return control_reply_finish(builder);
}

static const struct verb verbs[] = {
	{"add_hostfwd", control_ports_add_hostfwd, false},
	/* slirp4netns documents "return" and sends none: clients of either kind find theirs. */
	{"list_hostfwd", control_ports_list_hostfwd, true},
	{"remove_hostfwd", control_ports_remove_hostfwd, false},
	{"publish", control_ports_publish, false},
	{"unpublish", control_ports_unpublish, false},
	{"replace", control_ports_replace, false},
	{"egress", control_egress_list, false},
	{"egress_add", control_egress_add, false},
	{"egress_remove", control_egress_remove, false},
	{"egress_load", control_egress_load, false},
	{"rate", control_rate_list, false},
	{"rate_set", control_rate_set, false},
	{"inspect", inspect, false},
	{"flows", control_flows_list, false},
	{"stats", control_flows_stats, false},
};

static const struct verb *find_verb(const char *name, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(verbs[i].name, name))
			return &verbs[i];
	failure_set(error, EOPNOTSUPP, NULL, "bad request: unknown execute");
	return NULL;
}

char *control_execute(const struct control_context *context, const char *text, size_t size)
{
	struct control_request request = {0};
	const struct verb *verb = NULL;
	g_autoptr(GError) error = NULL;
	JsonNode *result = NULL;

	if (control_request_parse(text, size, &request, &error))
		verb = find_verb(request.verb, &error);
	if (verb)
		result = verb->run(context, request.arguments, &error);
	control_request_done(&request);
	return result ? control_reply_return(result, verb->is_flat) : control_reply_error(error);
}
