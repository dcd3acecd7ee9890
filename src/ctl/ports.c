/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ports - netns-ctl NAME port ls|add|rm */
#include "src/ctl/ports.h"

#include <errno.h>
#include <stdio.h>

#include "src/ctl/client.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"

static bool holds(JsonObject *object, const char *name, enum json_value type)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && json_node_get_value_type(node) == type;
}

static bool is_entry(JsonNode *node)
{
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return false;

	JsonObject *entry = json_node_get_object(node);
	return holds(entry, "id", JSON_VALUE_INT64) && holds(entry, "rule", JSON_VALUE_STRING) &&
	       holds(entry, "guest_addr", JSON_VALUE_STRING);
}

static bool are_entries(JsonNode *node)
{
	if (!node || !JSON_NODE_HOLDS_ARRAY(node))
		return false;

	JsonArray *entries = json_node_get_array(node);
	for (unsigned i = 0; i < json_array_get_length(entries); i++) {
		if (!is_entry(json_array_get_element(entries, i)))
			return false;
	}
	return true;
}

JsonArray *ports_fetch(const char *container, int timeout, GError **error)
{
	const struct client_request call = {
		.container = container,
		.verb = "list_hostfwd",
		.timeout = timeout,
	};
	g_autoptr(JsonObject) result = client_call(&call, error);

	if (!result)
		return NULL;
	JsonNode *entries = json_object_get_member(result, "entries");
	if (!are_entries(entries)) {
		failure_set(error, EBADMSG, "netns-ctl and netns-forwarder must be of one version",
			    "the list of ports of container '%s' cannot be understood", container);
		return NULL;
	}
	return json_array_ref(json_node_get_array(entries));
}

static void print_json(JsonArray *entries)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_ARRAY);

	json_node_set_array(root, entries);
	g_autofree char *text = terminal_json(root);
	fputs(text, stdout);
}

static char **table_row(JsonObject *entry)
{
	const char *guest = json_object_get_string_member(entry, "guest_addr");
	g_autofree char *id =
		g_strdup_printf("%" G_GINT64_FORMAT, json_object_get_int_member(entry, "id"));
	const char *const cells[] = {
		id,
		json_object_get_string_member(entry, "rule"),
		guest[0] ? guest : "-",
		NULL,
	};

	return g_strdupv((char **)cells);
}

static void print_table(JsonArray *entries)
{
	const char *const titles[] = {"ID", "RULE", "ADDRESS", NULL};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	g_ptr_array_add(rows, g_strdupv((char **)titles));
	for (unsigned i = 0; i < json_array_get_length(entries); i++)
		g_ptr_array_add(rows, table_row(json_array_get_object_element(entries, i)));
	g_autofree char *table = terminal_table(rows);
	fputs(table, stdout);
}

bool ports_list(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonArray) entries = ports_fetch(request->container, CLIENT_TIMEOUT, error);

	if (!entries)
		return false;
	if (request->options.json)
		print_json(entries);
	else
		print_table(entries);
	return true;
}

static bool publish(const char *container, const char *rule, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct client_request call = {container, "publish", arguments, CLIENT_TIMEOUT};

	json_object_set_string_member(arguments, "rule", rule);
	g_autoptr(JsonObject) result = client_call(&call, error);
	if (!result)
		return false;
	g_autofree char *text =
		terminal_text(json_object_get_string_member_with_default(result, "rule", rule));
	printf("%s\n", text);
	return true;
}

bool ports_add(const struct ctl_request *request, GError **error)
{
	for (char **rule = request->operands; *rule; rule++) {
		if (!publish(request->container, *rule, error))
			return false;
	}
	return true;
}

static bool unpublish(const char *container, const char *operand, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct client_request call = {container, "unpublish", arguments, CLIENT_TIMEOUT};
	bool is_id = arguments_is_id(operand);

	if (is_id)
		json_object_set_int_member(arguments, "id", g_ascii_strtoll(operand, NULL, 10));
	else
		json_object_set_string_member(arguments, "rule", operand);
	g_autoptr(GError) failure = NULL;
	g_autoptr(JsonObject) result = client_call(&call, &failure);
	if (result)
		return true;
	if (is_id && failure->code == ECANCELED) {
		g_autofree char *cause = failure_cause(failure);
		g_autofree char *cure = g_strdup_printf(
			"a bare number is an id; for the host port write %s/tcp", operand);
		failure_set(error, ECANCELED, cure, "%s", cause);
	} else {
		g_propagate_error(error, g_steal_pointer(&failure));
	}
	return false;
}

bool ports_remove(const struct ctl_request *request, GError **error)
{
	for (char **operand = request->operands; *operand; operand++) {
		if (!unpublish(request->container, *operand, error))
			return false;
	}
	return true;
}
