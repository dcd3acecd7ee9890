/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events - what happens to the container, told to all who want to know */
#include "launcher/events.h"

#include "src/port_rule.h"

/* How long all readers together are waited for in the end. */
#define FINISH_MS 200

struct events {
	struct event_log *log;
	GPtrArray *readers; /* of struct event_reader */
};

static void free_reader(gpointer data)
{
	event_reader_free(data);
}

struct events *events_new(const char *container)
{
	struct events *events = g_new(struct events, 1);

	*events = (struct events){
		.log = event_log_new(container),
		.readers = g_ptr_array_new_with_free_func(free_reader),
	};
	return events;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	g_ptr_array_unref(events->readers);
	event_log_free(events->log);
	g_free(events);
}

void events_finish(struct events *events)
{
	gint64 deadline = g_get_monotonic_time() + FINISH_MS * G_TIME_SPAN_MILLISECOND;

	for (guint i = 0; i < events->readers->len; i++)
		event_reader_finish(g_ptr_array_index(events->readers, i), deadline);
}

static void emit(struct events *events, enum event_kind kind, JsonObject *details)
{
	event_log_append(events->log, event_log_format(events->log, kind, details));
	for (guint i = 0; i < events->readers->len; i++)
		event_reader_catch_up(g_ptr_array_index(events->readers, i));
}

void events_emit(struct events *events, enum event_kind kind, JsonObject *details)
{
	g_autoptr(JsonObject) owned = details;

	emit(events, kind, owned);
}

/* Of the notices that the forwarder could not send. */
static void emit_lost(struct events *events, JsonNode *count)
{
	JsonObject *details = json_object_new();

	json_object_set_member(details, "count", json_node_copy(count));
	events_emit(events, EVENT_LOST, details);
}

void events_take_notice(struct events *events, JsonObject *notice)
{
	JsonNode *name = json_object_get_member(notice, "event");
	JsonNode *lost = json_object_get_member(notice, "lost");
	enum event_kind kind;

	if (lost)
		emit_lost(events, lost);
	if (!name || json_node_get_value_type(name) != JSON_VALUE_STRING ||
	    !event_kind_parse(json_node_get_string(name), &kind, NULL))
		return;
	g_autoptr(JsonObject) details = json_object_new();
	g_autoptr(GList) members = json_object_get_members(notice);
	for (GList *member = members; member; member = member->next) {
		if (!g_str_equal(member->data, "notice") && !g_str_equal(member->data, "event") &&
		    !g_str_equal(member->data, "lost"))
			json_object_set_member(details, member->data,
					       json_object_dup_member(notice, member->data));
	}
	emit(events, kind, details);
}

static void emit_port(struct events *events, enum event_kind kind, const struct port_rule *rule)
{
	g_autofree char *text = port_rule_to_string(rule);
	JsonObject *details = json_object_new();

	json_object_set_int_member(details, "id", rule->id);
	json_object_set_string_member(details, "rule", text);
	events_emit(events, kind, details);
}

/* Rule texts by id, for those of a set. */
static GHashTable *index_rules(const GArray *rules)
{
	GHashTable *index = g_hash_table_new_full(NULL, NULL, NULL, g_free);

	for (guint i = 0; rules && i < rules->len; i++) {
		const struct port_rule *rule = &g_array_index(rules, struct port_rule, i);
		g_hash_table_insert(index, GUINT_TO_POINTER(rule->id), port_rule_to_string(rule));
	}
	return index;
}

static void emit_missing(struct events *events, enum event_kind kind, const GArray *rules,
			 const GArray *others)
{
	g_autoptr(GHashTable) index = index_rules(others);

	for (guint i = 0; rules && i < rules->len; i++) {
		const struct port_rule *rule = &g_array_index(rules, struct port_rule, i);
		g_autofree char *text = port_rule_to_string(rule);
		if (g_strcmp0(g_hash_table_lookup(index, GUINT_TO_POINTER(rule->id)), text) != 0)
			emit_port(events, kind, rule);
	}
}

void events_compare_ports(struct events *events, const GArray *before, const GArray *after)
{
	emit_missing(events, EVENT_PORT_REMOVED, before, after);
	emit_missing(events, EVENT_PORT_ADDED, after, before);
}

struct event_reader *events_add_reader(struct events *events, int fd, guint64 last)
{
	struct event_reader *reader = event_reader_new(events->log, fd, last);

	g_ptr_array_add(events->readers, reader);
	event_reader_catch_up(reader);
	return reader;
}

void events_remove_reader(struct events *events, struct event_reader *reader)
{
	if (reader)
		g_ptr_array_remove_fast(events->readers, reader);
}
