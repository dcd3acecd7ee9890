/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress - netns-ctl NAME egress ls|allow|deny|rm|reload */
#include "src/ctl/egress.h"

#include <errno.h>
#include <stdio.h>

#include "src/autoclose.h"
#include "src/ctl/client.h"
#include "src/ctl/terminal.h"
#include "src/egress_set.h"
#include "src/failure.h"

bool egress_check_rules(const struct ctl_request *request, GError **error)
{
	bool is_deny = request->verb == CTL_EGRESS_DENY;

	for (char **operand = request->operands; *operand; operand++) {
		struct egress_rule *rule =
			egress_rule_parse(is_deny ? EGRESS_DENY : EGRESS_ALLOW, *operand, error);
		if (!rule)
			return false;
		egress_rule_free(rule);
	}
	if (request->options.before > 0 || request->options.before == CTL_NO_RULE)
		return true;
	failure_set(error, EINVAL, "netns-ctl NAME egress ls shows the ids", "'%d' is no rule's id",
		    request->options.before);
	return false;
}

/* --- ls --- */

static void print_json(JsonObject *set)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	json_node_set_object(root, set);
	g_autofree char *text = terminal_json(root);
	fputs(text, stdout);
}

static const char *member(JsonObject *object, const char *name)
{
	return json_object_get_string_member_with_default(object, name, "?");
}

static char **table_row(JsonObject *rule)
{
	bool is_from_file = json_object_get_boolean_member_with_default(rule, "from_file", false);
	g_autofree char *id =
		g_strdup_printf("%" G_GINT64_FORMAT, json_object_get_int_member(rule, "id"));
	g_autofree char *hits =
		g_strdup_printf("%" G_GINT64_FORMAT, json_object_get_int_member(rule, "hits"));
	const char *const cells[] = {
		id,   member(rule, "action"),	     member(rule, "rule"),
		hits, is_from_file ? "file" : "set", NULL,
	};

	return g_strdupv((char **)cells);
}

static char **last_row(JsonObject *set)
{
	g_autofree char *hits = g_strdup_printf("%" G_GINT64_FORMAT,
						json_object_get_int_member(set, "default_hits"));
	const char *const cells[] = {"-", member(set, "default"), "*", hits, "default", NULL};

	return g_strdupv((char **)cells);
}

static void print_table(JsonObject *set)
{
	const char *const titles[] = {"ID", "ACTION", "RULE", "HITS", "FROM", NULL};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	JsonArray *rules = json_object_get_array_member(set, "rules");

	g_ptr_array_add(rows, g_strdupv((char **)titles));
	for (unsigned i = 0; rules && i < json_array_get_length(rules); i++) {
		JsonObject *rule = json_array_get_object_element(rules, i);
		if (rule)
			g_ptr_array_add(rows, table_row(rule));
	}
	g_ptr_array_add(rows, last_row(set));
	g_autofree char *table = terminal_table(rows);
	fputs(table, stdout);
}

bool egress_list(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) set = client_order(request->container, "egress", NULL, error);

	if (!set)
		return false;
	if (request->options.json)
		print_json(set);
	else
		print_table(set);
	return true;
}

/* --- changes --- */

/* What came or went, a line each. */
static bool print_rules(JsonObject *result)
{
	JsonArray *rules = json_object_get_array_member(result, "rules");

	for (unsigned i = 0; rules && i < json_array_get_length(rules); i++) {
		JsonObject *rule = json_array_get_object_element(rules, i);
		if (!rule)
			continue;
		g_autofree char *text = terminal_text(member(rule, "rule"));
		printf("%" G_GINT64_FORMAT " %s %s\n", json_object_get_int_member(rule, "id"),
		       member(rule, "action"), text);
	}
	return true;
}

static JsonObject *begin_arguments(const struct ctl_request *request)
{
	JsonObject *arguments = json_object_new();

	json_object_set_boolean_member(arguments, "keep_flows", request->options.keep_flows);
	return arguments;
}

static bool add(const struct ctl_request *request, const char *action, GError **error)
{
	g_autoptr(JsonObject) arguments = begin_arguments(request);
	JsonArray *rules = json_array_new();

	for (char **operand = request->operands; *operand; operand++)
		json_array_add_string_element(rules, *operand);
	json_object_set_string_member(arguments, "action", action);
	json_object_set_array_member(arguments, "rules", rules);
	if (request->options.before != CTL_NO_RULE)
		json_object_set_int_member(arguments, "before", request->options.before);
	g_autoptr(JsonObject) result =
		client_order(request->container, "egress_add", arguments, error);
	return result && print_rules(result);
}

bool egress_allow(const struct ctl_request *request, GError **error)
{
	return add(request, "allow", error);
}

bool egress_deny(const struct ctl_request *request, GError **error)
{
	return add(request, "deny", error);
}

bool egress_remove(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) arguments = begin_arguments(request);
	JsonArray *rules = json_array_new(), *ids = json_array_new();

	for (char **operand = request->operands; *operand; operand++) {
		if (arguments_is_id(*operand))
			json_array_add_int_element(ids, g_ascii_strtoll(*operand, NULL, 10));
		else
			json_array_add_string_element(rules, *operand);
	}
	json_object_set_array_member(arguments, "rules", rules);
	json_object_set_array_member(arguments, "ids", ids);
	g_autoptr(JsonObject) result =
		client_order(request->container, "egress_remove", arguments, error);
	return result && print_rules(result);
}

/* The path of the file that the rules came from, for the caller to free. */
static char *find_file(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) set = client_order(request->container, "egress", NULL, error);

	if (!set)
		return NULL;
	const char *file = json_object_get_string_member(set, "file");
	if (!file)
		failure_set(error, ENOENT, "name one: netns-ctl NAME egress reload FILE",
			    "container '%s' was given no file of egress rules", request->container);
	return g_strdup(file);
}

/* It is read here: the forwarder cannot open files. */
static int read_file(const char *path, GError **error)
{
	g_autofree char *text = egress_set_read_file(path, error);

	return text ? egress_set_text_to_fd(text, error) : -1;
}

bool egress_reload(const struct ctl_request *request, GError **error)
{
	const char *operand = request->operands[0];
	g_autofree char *path =
		operand ? g_canonicalize_filename(operand, NULL) : find_file(request, error);
	autoclose int fd = path ? read_file(path, error) : -1;
	g_autoptr(JsonObject) arguments = begin_arguments(request);
	const struct client_request call = {
		.container = request->container,
		.verb = "egress_load",
		.arguments = arguments,
		.timeout = CLIENT_TIMEOUT,
	};

	if (fd < 0)
		return false;
	json_object_set_string_member(arguments, "file", path);
	g_autoptr(JsonObject) set = client_call_with_fds(&call, &fd, 1, error);
	if (set)
		return true;
	g_prefix_error(error, "%s: ", path);
	return false;
}
