/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_flows - the control verbs that tell of traffic: flows, stats */
#include "forwarder/control_flows.h"

#include <errno.h>

#include "forwarder/control_reply.h"
#include "forwarder/control_request.h"
#include "src/json_add.h"

static void add_flow(const struct control_context *context, const struct flow_record *record,
		     JsonBuilder *builder)
{
	const struct flow_identity *identity = &record->identity;
	const struct flow_ends *ends = &identity->ends;
	const char *name = name_table_find(ledger_names(context->ledger), &ends->remote);
	gint64 age_us = g_get_monotonic_time() - identity->since_us;

	json_builder_begin_object(builder);
	json_add_int(builder, "id", (gint64)identity->id);
	json_add_string(builder, "protocol", flow_protocol_name(record->protocol));
	json_add_string(builder, "direction", identity->is_incoming ? "in" : "out");
	json_add_string(builder, "state", flow_state_name(record->state));
	json_add_address(builder, "command_addr", &ends->command);
	json_add_int(builder, "command_port", ends->command_port);
	json_add_address(builder, "remote_addr", &ends->remote);
	json_add_int(builder, "remote_port", ends->remote_port);
	if (name)
		json_add_string(builder, "name", name);
	json_add_int(builder, "bytes_out", (gint64)record->bytes_from_command);
	json_add_int(builder, "bytes_in", (gint64)record->bytes_to_command);
	json_add_int(builder, "age_ms", age_us / 1000);
	json_builder_end_object(builder);
}

/* An optional argument that is a number from 0 on. */
static bool read_number(JsonObject *arguments, const char *name, gint64 fallback,
			gint64 *ret_number, GError **error)
{
	JsonNode *node = json_object_get_member(arguments, name);
	bool is_number = node && JSON_NODE_HOLDS_VALUE(node) &&
			 json_node_get_value_type(node) == JSON_VALUE_INT64;
	gint64 number = is_number ? json_node_get_int(node) : fallback;

	if ((node && !is_number) || number < 0)
		return control_request_refuse(error, "flows", name);
	*ret_number = number;
	return true;
}

JsonNode *control_flows_list(const struct control_context *context, JsonObject *arguments,
			     GError **error)
{
	g_autofree struct flow_page *page = g_new(struct flow_page, 1);
	gint64 after = 0, limit = 0;

	if (!read_number(arguments, "after", 0, &after, error) ||
	    !read_number(arguments, "limit", FLOW_PAGE_MAX, &limit, error))
		return NULL;
	flow_page_init(page, (uint64_t)after, (size_t)limit);
	context->list_flows(page, context->opaque);
	flow_page_finish(page);
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	json_builder_set_member_name(builder, "flows");
	json_builder_begin_array(builder);
	for (size_t i = 0; i < page->count; i++)
		add_flow(context, &page->records[i], builder);
	json_builder_end_array(builder);
	if (page->is_full)
		json_add_int(builder, "next", (gint64)page->records[page->count - 1].identity.id);
	return control_reply_finish(builder);
}

static void add_port(const struct control_context *context, const struct port_rule *rule,
		     JsonBuilder *builder)
{
	static const struct port_tally nothing;
	const struct port_tally *tally = ledger_tally(context->ledger, rule->id);
	g_autofree char *text = port_rule_to_string(rule);

	if (!tally)
		tally = &nothing;
	json_builder_begin_object(builder);
	json_add_int(builder, "id", rule->id);
	json_add_string(builder, "rule", text);
	json_add_int(builder, "flows", (gint64)tally->active);
	json_add_int(builder, "flows_total", (gint64)tally->flows);
	json_add_int(builder, "bytes_out", (gint64)tally->bytes_from_command);
	json_add_int(builder, "bytes_in", (gint64)tally->bytes_to_command);
	json_builder_end_object(builder);
}

JsonNode *control_flows_stats(const struct control_context *context,
			      JsonObject *arguments G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	const GArray *rules = port_table_rules(context->ports);
	g_autoptr(JsonBuilder) builder = control_reply_begin();

	context->describe_traffic(builder, context->opaque);
	json_builder_set_member_name(builder, "ports");
	json_builder_begin_array(builder);
	for (guint i = 0; i < rules->len; i++)
		add_port(context, &g_array_index(rules, struct port_rule, i), builder);
	json_builder_end_array(builder);
	return control_reply_finish(builder);
}
