/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_report - tells others about a network for namespaces of others: its state.json */
#include "plugins/session_report.h"

#include <unistd.h>

#include "launcher/report_link.h"
#include "src/json_add.h"

static void add_ports(JsonBuilder *builder, const GArray *rules)
{
	json_builder_set_member_name(builder, "ports");
	json_builder_begin_array(builder);
	for (guint i = 0; i < rules->len; i++)
		json_builder_add_value(
			builder, port_rule_to_json(&g_array_index(rules, struct port_rule, i)));
	json_builder_end_array(builder);
}

static void add_members(JsonBuilder *builder, JsonObject *object)
{
	g_autoptr(GList) names = json_object_get_members(object);

	for (const GList *at = names; at; at = at->next) {
		json_builder_set_member_name(builder, at->data);
		json_builder_add_value(builder, json_object_dup_member(object, at->data));
	}
}

char *session_report(const char *name, const struct handoff_start *start, JsonObject *description)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *started = g_date_time_format_iso8601(now);

	json_builder_begin_object(builder);
	json_add_string(builder, "name", name);
	json_add_int(builder, "pid", getpid());
	json_add_string(builder, "net", "user");
	report_link(builder, &start->link);
	add_ports(builder, start->ports.rules);
	add_members(builder, description);
	json_add_string(builder, "started", started);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	return json_to_string(root, FALSE);
}
