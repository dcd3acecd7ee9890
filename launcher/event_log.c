/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_log - the last events of a container, as the lines that their readers get */
#include "launcher/event_log.h"

#include <string.h>

#include "src/json_add.h"

struct event_log {
	char *container;
	guint64 next;
	char *lines[EVENT_LOG_SIZE]; /* at their numbers modulo the size */
};

struct event_log *event_log_new(const char *container)
{
	struct event_log *log = g_new0(struct event_log, 1);

	log->container = g_strdup(container);
	return log;
}

void event_log_free(struct event_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < EVENT_LOG_SIZE; i++)
		g_free(log->lines[i]);
	g_free(log->container);
	g_free(log);
}

static bool is_ours(const char *name)
{
	return g_str_equal(name, "time") || g_str_equal(name, "container") ||
	       g_str_equal(name, "event");
}

/* But for what every event has: whoever tells us details may not say whose they are. */
static void add_details(JsonBuilder *builder, JsonObject *details)
{
	g_autoptr(GList) names = json_object_get_members(details);

	for (const GList *at = names; at; at = at->next) {
		if (is_ours(at->data))
			continue;
		json_builder_set_member_name(builder, at->data);
		json_builder_add_value(builder, json_object_dup_member(details, at->data));
	}
}

char *event_log_format(const struct event_log *log, enum event_kind kind, JsonObject *details)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format_iso8601(now);

	json_builder_begin_object(builder);
	json_add_string(builder, "time", time);
	json_add_string(builder, "container", log->container);
	json_add_string(builder, "event", event_kind_name(kind));
	if (details)
		add_details(builder, details);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_autofree char *text = json_to_string(root, FALSE);
	if (details && strlen(text) + 1 > EVENT_LINE_MAX)
		return event_log_format(log, kind, NULL);
	return g_strconcat(text, "\n", NULL);
}

void event_log_append(struct event_log *log, char *line)
{
	char **place = &log->lines[log->next++ % EVENT_LOG_SIZE];

	g_free(*place);
	*place = line;
}

guint64 event_log_first(const struct event_log *log)
{
	return log->next > EVENT_LOG_SIZE ? log->next - EVENT_LOG_SIZE : 0;
}

guint64 event_log_next(const struct event_log *log)
{
	return log->next;
}

const char *event_log_line(const struct event_log *log, guint64 number, size_t *ret_size)
{
	const char *line = log->lines[number % EVENT_LOG_SIZE];

	*ret_size = strlen(line);
	return line;
}
