/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_ports - the control verbs of published ports: slirp4netns's three, and ours */
#include "forwarder/control_ports.h"

#include <errno.h>

#include "forwarder/control_reply.h"
#include "forwarder/control_request.h"
#include "src/failure.h"
#include "src/json_add.h"

static bool read_hostfwd(JsonObject *arguments, struct port_rule *rule, GError **error)
{
	static const char verb[] = "add_hostfwd";

	if (!control_request_protocol(arguments, &rule->protocol))
		return control_request_refuse(error, verb, "proto");
	if (!control_request_address(arguments, "host_addr", &rule->host))
		return control_request_refuse(error, verb, "host_addr");
	if (!control_request_port(arguments, "host_port", &rule->host_first))
		return control_request_refuse(error, verb, "host_port");
	rule->host_last = rule->host_first;
	if (json_object_has_member(arguments, "host_port_end") &&
	    (!control_request_port(arguments, "host_port_end", &rule->host_last) ||
	     rule->host_last < rule->host_first))
		return control_request_refuse(error, verb, "host_port_end");
	if (!control_request_address(arguments, "guest_addr", &rule->guest))
		return control_request_refuse(error, verb, "guest_addr");
	if (!control_request_port(arguments, "guest_port", &rule->guest_first))
		return control_request_refuse(error, verb, "guest_port");
	/* slirp4netns knows IPv4 alone: an absent host_addr is 0.0.0.0 for its clients. */
	if (rule->host.family == AF_UNSPEC)
		ip_address_parse(rule->guest.family == AF_INET6 ? "::" : "0.0.0.0", &rule->host,
				 NULL);
	return true;
}

JsonNode *control_ports_add_hostfwd(const struct control_context *context, JsonObject *arguments,
				    GError **error)
{
	struct port_rule rule = {0}, bound;
	g_autoptr(GError) failure = NULL;

	if (!read_hostfwd(arguments, &rule, error))
		return NULL;
	if (!port_table_add(context->ports, &rule, &bound, &failure)) {
		g_autofree char *cause = failure_cause(failure);
		failure_set(error, failure->code, cause,
			    "bad request: add_hostfwd: slirp_add_hostfwd failed");
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	json_add_int(builder, "id", bound.id);
	return control_reply_finish(builder);
}

static JsonNode *entry_to_json(const struct port_rule *rule)
{
	JsonNode *node = port_rule_to_json(rule);
	g_autofree char *text = port_rule_to_string(rule);

	json_object_set_string_member(json_node_get_object(node), "rule", text);
	return node;
}

JsonNode *control_ports_list_hostfwd(const struct control_context *context,
				     JsonObject *arguments G_GNUC_UNUSED,
				     GError **error G_GNUC_UNUSED)
{
	const GArray *rules = port_table_rules(context->ports);
	g_autoptr(JsonBuilder) builder = control_reply_begin();

	json_builder_set_member_name(builder, "entries");
	json_builder_begin_array(builder);
	for (guint i = 0; i < rules->len; i++)
		json_builder_add_value(builder,
				       entry_to_json(&g_array_index(rules, struct port_rule, i)));
	json_builder_end_array(builder);
	return control_reply_finish(builder);
}

JsonNode *control_ports_remove_hostfwd(const struct control_context *context, JsonObject *arguments,
				       GError **error)
{
	gint64 id = control_request_int(arguments, "id");

	if (id < 1 || id > G_MAXUINT) {
		control_request_refuse(error, "remove_hostfwd", "id");
		return NULL;
	}
	if (!port_table_remove(context->ports, (unsigned)id)) {
		failure_set(error, ENOENT, NULL,
			    "bad request: remove_hostfwd: slirp_remove_hostfwd failed");
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	return control_reply_finish(builder);
}

JsonNode *control_ports_publish(const struct control_context *context, JsonObject *arguments,
				GError **error)
{
	const char *text = control_request_string(arguments, "rule");
	struct port_rule rule, bound;

	if (!port_rule_parse(text ? text : "", &rule, error) ||
	    !port_table_add(context->ports, &rule, &bound, error))
		return NULL;
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	g_autofree char *bound_text = port_rule_to_string(&bound);
	json_add_int(builder, "id", bound.id);
	json_add_string(builder, "rule", bound_text);
	return control_reply_finish(builder);
}

static bool names_rule(const struct port_rule *wanted, const struct port_rule *rule)
{
	return wanted->protocol == rule->protocol && wanted->host_first == rule->host_first &&
	       wanted->host_last == rule->host_last &&
	       (wanted->host.family == AF_UNSPEC || ip_address_equal(&wanted->host, &rule->host)) &&
	       (wanted->guest_first == 0 || wanted->guest_first == rule->guest_first);
}

static bool find_rule(const struct control_context *context, const char *text, unsigned *ret_id,
		      GError **error)
{
	const GArray *rules = port_table_rules(context->ports);
	struct port_rule wanted;

	if (!port_rule_parse_host(text, &wanted, error))
		return false;
	for (guint i = 0; i < rules->len; i++) {
		const struct port_rule *rule = &g_array_index(rules, struct port_rule, i);
		if (names_rule(&wanted, rule)) {
			*ret_id = rule->id;
			return true;
		}
	}
	failure_set(error, ENOENT, "netns-ctl NAME port ls shows what is published",
		    "port '%s' is not published", text);
	return false;
}

JsonNode *control_ports_unpublish(const struct control_context *context, JsonObject *arguments,
				  GError **error)
{
	const char *text = control_request_string(arguments, "rule");
	gint64 wanted = control_request_int(arguments, "id");
	unsigned id = wanted > 0 && wanted <= G_MAXUINT ? (unsigned)wanted : 0;

	if (text && *text && !find_rule(context, text, &id, error))
		return NULL;
	if (!port_table_remove(context->ports, id)) {
		failure_set(error, ENOENT, "netns-ctl NAME port ls shows what is published",
			    "no published port has the id %u", id);
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	json_add_int(builder, "id", id);
	return control_reply_finish(builder);
}
