/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list - netns-ctl ls: the running containers */
#include "src/ctl/list.h"

#include <errno.h>
#include <stdio.h>

#include "src/ctl/client.h"
#include "src/ctl/ports.h"
#include "src/ctl/terminal.h"
#include "src/json.h"
#include "src/port_rule.h"
#include "src/state_dir.h"

/* The state of a container as an object; NULL if it has ended meanwhile. */
static JsonObject *read_state(const char *name)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *text = state_dir_read(name, &failure);

	if (!text && failure->code == ENOENT)
		return NULL;
	g_autoptr(JsonNode) root = text ? json_from_string(text, NULL) : NULL;
	JsonObject *state = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_dup_object(root)
								 : json_object_new();
	json_object_set_string_member(state, "name", name);
	return state;
}

/* The state has ports without the text that the forwarder's answer has. */
static void add_rules(JsonObject *state)
{
	JsonArray *ports = json_object_has_member(state, "ports")
				   ? json_object_get_array_member(state, "ports")
				   : NULL;

	for (unsigned i = 0; ports && i < json_array_get_length(ports); i++) {
		JsonObject *entry = json_array_get_object_element(ports, i);
		struct port_rule rule;

		if (!port_rule_from_json(entry, &rule, NULL))
			continue;
		g_autofree char *text = port_rule_to_string(&rule);
		json_object_set_string_member(entry, "rule", text);
	}
}

static JsonArray *read_containers(GError **error)
{
	g_autoptr(GPtrArray) names = state_dir_list(error);

	if (!names)
		return NULL;
	JsonArray *containers = json_array_new();
	for (unsigned i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		JsonObject *state = read_state(name);
		if (!state)
			continue;
		JsonArray *ports = ports_fetch(name, CLIENT_SHORT_TIMEOUT, NULL);
		if (ports)
			json_object_set_array_member(state, "ports", ports);
		else
			add_rules(state);
		json_array_add_object_element(containers, state);
	}
	return containers;
}

/* A member as text, "-" where it is absent or no scalar. */
static char *member_text(JsonObject *state, const char *name)
{
	JsonNode *node = json_object_get_member(state, name);
	enum json_value type = node ? json_node_get_value_type(node) : JSON_VALUE_INVALID;

	if (type == JSON_VALUE_STRING)
		return g_strdup(json_node_get_string(node));
	if (type == JSON_VALUE_INT64)
		return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
	return g_strdup("-");
}

/* The strings of an array member with a separator between them; "-" where there are none. */
static char *joined_member(JsonObject *state, const char *name, const char *separator)
{
	JsonNode *node = json_object_get_member(state, name);
	GString *text = g_string_new(NULL);

	if (node && JSON_NODE_HOLDS_ARRAY(node)) {
		JsonArray *array = json_node_get_array(node);
		for (unsigned i = 0; i < json_array_get_length(array); i++) {
			JsonNode *element = json_array_get_element(array, i);
			if (json_node_get_value_type(element) != JSON_VALUE_STRING)
				continue;
			g_string_append(text, text->len ? separator : "");
			g_string_append(text, json_node_get_string(element));
		}
	}
	if (text->len == 0)
		g_string_append_c(text, '-');
	return g_string_free(text, FALSE);
}

/* "8080:80/tcp,53:53/udp"; "-" for none, "?" where they are not known. */
static char *ports_text(JsonObject *state)
{
	GString *text = g_string_new(NULL);

	if (!json_object_has_member(state, "ports"))
		return g_string_free(g_string_append_c(text, '?'), FALSE);
	JsonArray *ports = json_object_get_array_member(state, "ports");
	for (unsigned i = 0; i < json_array_get_length(ports); i++) {
		JsonObject *entry = json_array_get_object_element(ports, i);
		g_string_append(text, i ? "," : "");
		g_string_append(text,
				json_object_get_string_member_with_default(entry, "rule", "?"));
	}
	if (text->len == 0)
		g_string_append_c(text, '-');
	return g_string_free(text, FALSE);
}

static char *address_text(JsonObject *state)
{
	return member_text(state, json_object_has_member(state, "ipv4") ? "ipv4" : "ipv6");
}

static char **table_row(JsonObject *state)
{
	GPtrArray *cells = g_ptr_array_new();

	g_ptr_array_add(cells, member_text(state, "name"));
	g_ptr_array_add(cells, member_text(state, "pid"));
	g_ptr_array_add(cells, member_text(state, "link"));
	g_ptr_array_add(cells, address_text(state));
	g_ptr_array_add(cells, ports_text(state));
	g_ptr_array_add(cells, joined_member(state, "command", " "));
	g_ptr_array_add(cells, NULL);
	return (char **)g_ptr_array_free(cells, FALSE);
}

static void print_table(JsonArray *containers)
{
	const char *const titles[] = {"NAME", "PID", "LINK", "ADDRESS", "PORTS", "COMMAND", NULL};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	g_ptr_array_add(rows, g_strdupv((char **)titles));
	for (unsigned i = 0; i < json_array_get_length(containers); i++)
		g_ptr_array_add(rows, table_row(json_array_get_object_element(containers, i)));
	g_autofree char *table = terminal_table(rows);
	fputs(table, stdout);
}

bool list_containers(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonArray) containers = read_containers(error);

	if (!containers)
		return false;
	if (!request->options.json) {
		print_table(containers);
		return true;
	}
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_ARRAY);
	json_node_set_array(root, containers);
	g_autofree char *text = terminal_json(root);
	fputs(text, stdout);
	return true;
}
