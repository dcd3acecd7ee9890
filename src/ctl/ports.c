/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ports - netns-ctl NAME port ls|add|rm|replace */
#include "src/ctl/ports.h"

#include <errno.h>
#include <stdio.h>

#include "src/ctl/client.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/inherited_fd.h"
#include "src/port_owner.h"
#include "src/port_rule.h"

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

/* --- changes --- */

bool ports_take_proxy(const struct ctl_options *options, struct port_rule *rule, GError **error)
{
	const char *text = options->proxy_protocol;

	if (!text)
		return true;
	if (!g_str_equal(text, "v1") && !g_str_equal(text, "v2")) {
		failure_set(error, 0, "take v1 or v2",
			    "there is no version '%s' of the PROXY protocol", text);
		return false;
	}
	if (rule->protocol != IPPROTO_TCP) {
		failure_set(error, 0, "publish ports of UDP in a request of their own",
			    "the PROXY protocol is for TCP only");
		return false;
	}
	if (!rule->proxy_version)
		rule->proxy_version = g_str_equal(text, "v1") ? 1 : 2;
	return true;
}

/* The descriptors of rules with inherited sockets. */
struct passed {
	int fds[FDPASS_MAX_FDS];
	size_t n;
};

static bool pass_socket(struct passed *passed, const struct port_rule *rule, GError **error)
{
	if (passed->n == FDPASS_MAX_FDS) {
		failure_set(error, E2BIG, NULL, "at most %d descriptors can be passed at once",
			    FDPASS_MAX_FDS);
		return false;
	}
	passed->fds[passed->n] = inherited_fd_find(rule->source, error);
	return passed->fds[passed->n++] >= 0;
}

/* The operands as the forwarder gets them, which tells names of descriptors only to itself. */
static JsonArray *rules_of(const struct ctl_request *request, struct passed *passed, GError **error)
{
	g_autoptr(JsonArray) rules = json_array_new();

	for (char **operand = request->operands; *operand; operand++) {
		struct port_rule rule;

		if (!port_rule_parse(*operand, &rule, error) ||
		    !ports_take_proxy(&request->options, &rule, error) ||
		    (rule.source[0] && !pass_socket(passed, &rule, error)))
			return NULL;
		g_autofree char *text = port_rule_to_string(&rule);
		json_array_add_string_element(rules, text);
	}
	return g_steal_pointer(&rules);
}

static bool print_rules(JsonObject *result, const char *container, GError **error)
{
	JsonNode *entries = json_object_get_member(result, "entries");

	if (!are_entries(entries)) {
		failure_set(error, EBADMSG, "netns-ctl and netns-forwarder must be of one version",
			    "the reply of container '%s' cannot be understood", container);
		return false;
	}
	JsonArray *array = json_node_get_array(entries);
	for (unsigned i = 0; i < json_array_get_length(array); i++) {
		g_autofree char *text = terminal_text(json_object_get_string_member(
			json_array_get_object_element(array, i), "rule"));
		printf("%s\n", text);
	}
	return true;
}

/*
 * A port is taken. The forwarder sees no processes from its sandbox; the host's sockets are the
 * same to it and to us.
 */
static void name_holder(GError **error)
{
	struct port_rule place;
	const char *subject = *error ? failure_subject(*error) : NULL;

	if (!subject || !port_rule_parse_host(subject, &place, NULL))
		return;
	g_autofree char *owner =
		port_owner_find(place.protocol, &place.host, (uint16_t)place.host_first);
	if (!owner)
		return;
	g_autoptr(GError) told = g_steal_pointer(error);
	failure_set(error, told->code, failure_cure(told), "cannot publish %s: %s holds it",
		    subject, owner);
}

/* One request for all operands: it holds as a whole or changes nothing. */
static bool change(const struct ctl_request *request, const char *verb, GError **error)
{
	struct passed passed = {.n = 0};
	JsonArray *rules = rules_of(request, &passed, error);
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct client_request call = {
		.container = request->container,
		.verb = verb,
		.arguments = arguments,
		.timeout = CLIENT_TIMEOUT,
	};

	if (!rules)
		return false;
	json_object_set_array_member(arguments, "rules", rules);
	g_autoptr(JsonObject) result = client_call_with_fds(&call, passed.fds, passed.n, error);
	if (!result)
		name_holder(error);
	return result && print_rules(result, request->container, error);
}

bool ports_add(const struct ctl_request *request, GError **error)
{
	return change(request, request->options.replace ? "replace" : "publish", error);
}

bool ports_replace(const struct ctl_request *request, GError **error)
{
	return change(request, "replace", error);
}

static bool remove_all(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();

	json_object_set_array_member(arguments, "rules", json_array_new());
	g_autoptr(JsonObject) result =
		client_order(request->container, "replace", arguments, error);
	return result;
}

/* Fills in rules and ids; returns the last id, or NULL. */
static const char *add_operands(const struct ctl_request *request, JsonObject *arguments)
{
	JsonArray *rules = json_array_new(), *ids = json_array_new();
	const char *last_id = NULL;

	for (char **operand = request->operands; *operand; operand++) {
		if (arguments_is_id(*operand)) {
			json_array_add_int_element(ids, g_ascii_strtoll(*operand, NULL, 10));
			last_id = *operand;
		} else {
			json_array_add_string_element(rules, *operand);
		}
	}
	json_object_set_array_member(arguments, "rules", rules);
	json_object_set_array_member(arguments, "ids", ids);
	json_object_set_boolean_member(arguments, "ignore_missing",
				       request->options.ignore_missing);
	return last_id;
}

bool ports_remove(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();

	if (request->options.all)
		return remove_all(request, error);
	const char *last_id = add_operands(request, arguments);
	g_autoptr(GError) failure = NULL;
	g_autoptr(JsonObject) result =
		client_order(request->container, "unpublish", arguments, &failure);
	if (result)
		return true;
	if (last_id && !request->operands[1] && failure->code == ECANCELED) {
		g_autofree char *cause = failure_cause(failure);
		g_autofree char *cure = g_strdup_printf(
			"a bare number is an id; for the host port write %s/tcp", last_id);
		failure_set(error, ECANCELED, cure, "%s", cause);
	} else {
		g_propagate_error(error, g_steal_pointer(&failure));
	}
	return false;
}
