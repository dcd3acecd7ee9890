/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resources - netns-ctl NAME update|stats: the container's cgroup */
#include "src/ctl/resources.h"

#include <stdio.h>

#include "src/ctl/client.h"
#include "src/ctl/message.h"
#include "src/ctl/session.h"
#include "src/ctl/terminal.h"
#include "src/ctl/verbs.h"

bool resources_update(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct client_request call = {request->container, "update", arguments,
					    CLIENT_TIMEOUT};

	for (size_t i = 0; i < CTL_N_LIMITS; i++) {
		if (request->options.limits[i])
			json_object_set_string_member(arguments, verbs_limit_name(i),
						      request->options.limits[i]);
	}
	g_autoptr(JsonObject) result = session_call(&call, error);
	return result;
}

/* A line of the table: a member of the launcher's answer, by its path. */
struct row {
	const char *title, *path;
	char *(*text)(JsonNode *value);
};

static char *plain_text(JsonNode *value)
{
	if (json_node_get_value_type(value) == JSON_VALUE_STRING)
		return g_strdup(json_node_get_string(value));
	return json_to_string(value, FALSE);
}

static char *size_text(JsonNode *value)
{
	gint64 bytes = json_node_get_int(value);

	return bytes < 0 ? plain_text(value) : terminal_size((guint64)bytes);
}

static char *time_text(JsonNode *value)
{
	return g_strdup_printf("%.3fs", (double)json_node_get_int(value) / G_USEC_PER_SEC);
}

static const struct row table[] = {
	{"memory", "memory.current_bytes", size_text},
	{"memory, peak", "memory.peak_bytes", size_text},
	{"memory, limit", "memory.max_bytes", size_text},
	{"memory, killed for want of it", "memory.events.oom_kill", plain_text},
	{"swap", "memory.swap_bytes", size_text},
	{"swap, limit", "memory.swap_max_bytes", size_text},
	{"cpu time", "cpu.stat.usage_usec", time_text},
	{"cpu time, user", "cpu.stat.user_usec", time_text},
	{"cpu time, system", "cpu.stat.system_usec", time_text},
	{"cpu time, throttled", "cpu.stat.throttled_usec", time_text},
	{"cpu, quota and period in us", "cpu.max", plain_text},
	{"cpus", "cpu.cpus", plain_text},
	{"processes", "pids.current", plain_text},
	{"processes, peak", "pids.peak", plain_text},
	{"processes, limit", "pids.max", plain_text},
	{"paused", "paused", plain_text},
};

/* The member at "a.b.c", or NULL. */
static JsonNode *find_member(JsonObject *object, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, ".", -1);
	char **name = names;

	for (; object && name[1]; name++)
		object = message_object(object, *name);
	return object ? json_object_get_member(object, *name) : NULL;
}

/* A limit that is none is null. */
static char *value_text(const struct row *row, JsonNode *value)
{
	if (JSON_NODE_HOLDS_NULL(value))
		return g_strdup("none");
	if (row->text != plain_text && json_node_get_value_type(value) != JSON_VALUE_INT64)
		return plain_text(value);
	return row->text(value);
}

static char *stats_table(JsonObject *stats)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		JsonNode *value = find_member(stats, table[i].path);
		if (!value)
			continue;
		g_autofree char *text = value_text(&table[i], value);
		const char *const cells[] = {table[i].title, text, NULL};
		g_ptr_array_add(rows, g_strdupv((char **)cells));
	}
	return terminal_table(rows);
}

bool resources_stats(const struct ctl_request *request, GError **error)
{
	const struct client_request call = {request->container, "stats", NULL, CLIENT_TIMEOUT};
	g_autoptr(JsonObject) result = session_call(&call, error);
	g_autofree char *text = NULL;

	if (!result)
		return false;
	if (request->options.json) {
		g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
		json_node_set_object(root, result);
		text = terminal_json(root);
	} else {
		text = stats_table(result);
	}
	fputs(text, stdout);
	return true;
}
