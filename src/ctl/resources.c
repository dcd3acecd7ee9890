/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resources - netns-ctl NAME update|stats: the container's cgroup */
#include "src/ctl/resources.h"

#include <stdio.h>

#include "src/ctl/client.h"
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

/* The launcher names a number by its unit at the end. */
static char *number_text(const char *name, gint64 value)
{
	if (value >= 0 && g_str_has_suffix(name, "_bytes"))
		return terminal_size((guint64)value);
	if (g_str_has_suffix(name, "_usec"))
		return g_strdup_printf("%.3fs", (double)value / 1e6);
	return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

static char *value_text(const char *name, JsonNode *value)
{
	if (json_node_get_value_type(value) == G_TYPE_INT64)
		return number_text(name, json_node_get_int(value));
	if (json_node_get_value_type(value) == G_TYPE_STRING)
		return g_strdup(json_node_get_string(value));
	return json_to_string(value, FALSE);
}

/* "memory.current_bytes  12.0 MiB", a row for each member of the objects in the object. */
static void add_rows(GPtrArray *rows, const char *prefix, JsonObject *object)
{
	JsonObjectIter iterator;
	const char *name;
	JsonNode *value;

	json_object_iter_init_ordered(&iterator, object);
	while (json_object_iter_next_ordered(&iterator, &name, &value)) {
		g_autofree char *full = g_strconcat(prefix, prefix[0] ? "." : "", name, NULL);
		if (JSON_NODE_HOLDS_OBJECT(value)) {
			add_rows(rows, full, json_node_get_object(value));
			continue;
		}
		g_autofree char *text = value_text(name, value);
		const char *const cells[] = {full, text, NULL};
		g_ptr_array_add(rows, g_strdupv((char **)cells));
	}
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
		g_autoptr(GPtrArray) rows =
			g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
		add_rows(rows, "", result);
		text = terminal_table(rows);
	}
	fputs(text, stdout);
	return true;
}
