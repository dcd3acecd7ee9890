/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_ports - the control verbs of published ports: slirp4netns's three, and ours */
#include "forwarder/control_ports.h"

#include <errno.h>

#include "forwarder/control_reply.h"
#include "forwarder/control_request.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/json_add.h"

static bool read_hostfwd(JsonObject *arguments, struct port_rule *rule, GError **error)
{
	static const char verb[] = "add_hostfwd";

	if (!control_request_protocol(arguments, &rule->protocol))
		return control_request_refuse(error, verb, "proto");
	if (!control_request_address(arguments, "host_addr", &rule->host))
		return control_request_refuse(error, verb, "host_addr");
	if (!control_request_port(arguments, "host_port", &rule->host_first))
		return control_request_refuse(error, verb, "host_port");
	rule->host_last = rule->host_first;
	if (json_object_has_member(arguments, "host_port_end") &&
	    (!control_request_port(arguments, "host_port_end", &rule->host_last) ||
	     rule->host_last < rule->host_first))
		return control_request_refuse(error, verb, "host_port_end");
	if (!control_request_address(arguments, "guest_addr", &rule->guest))
		return control_request_refuse(error, verb, "guest_addr");
	if (!control_request_port(arguments, "guest_port", &rule->guest_first))
		return control_request_refuse(error, verb, "guest_port");
	/* slirp4netns knows IPv4 alone: an absent host_addr is 0.0.0.0 for its clients. */
	if (rule->host.family == AF_UNSPEC)
		ip_address_parse(rule->guest.family == AF_INET6 ? "::" : "0.0.0.0", &rule->host,
				 NULL);
	return true;
}

JsonNode *control_ports_add_hostfwd(const struct control_context *context, JsonObject *arguments,
				    GError **error)
{
	struct port_rule rule = {0}, bound;
	g_autoptr(GError) failure = NULL;

	if (!read_hostfwd(arguments, &rule, error))
		return NULL;
	if (!port_table_add(context->ports, &rule, &bound, &failure)) {
		g_autofree char *cause = failure_cause(failure);
		failure_set(error, failure->code, cause,
			    "bad request: add_hostfwd: slirp_add_hostfwd failed");
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	json_add_int(builder, "id", bound.id);
	return control_reply_finish(builder);
}

static JsonNode *entry_to_json(const struct port_rule *rule)
{
	JsonNode *node = port_rule_to_json(rule);
	g_autofree char *text = port_rule_to_string(rule);

	json_object_set_string_member(json_node_get_object(node), "rule", text);
	return node;
}

static JsonNode *reply_rules(const GArray *rules)
{
	g_autoptr(JsonBuilder) builder = control_reply_begin();

	json_builder_set_member_name(builder, "entries");
	json_builder_begin_array(builder);
	for (guint i = 0; i < rules->len; i++)
		json_builder_add_value(builder,
				       entry_to_json(&g_array_index(rules, struct port_rule, i)));
	json_builder_end_array(builder);
	return control_reply_finish(builder);
}

JsonNode *control_ports_list_hostfwd(const struct control_context *context,
				     JsonObject *arguments G_GNUC_UNUSED,
				     GError **error G_GNUC_UNUSED)
{
	return reply_rules(port_table_rules(context->ports));
}

JsonNode *control_ports_remove_hostfwd(const struct control_context *context, JsonObject *arguments,
				       GError **error)
{
	gint64 id = control_request_int(arguments, "id");

	/* slirp4netns refuses an id that it does not know as one that cannot be. */
	if (id < 1 || id > G_MAXUINT || !port_table_remove(context->ports, (unsigned)id)) {
		control_request_refuse(error, "remove_hostfwd", "id");
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	return control_reply_finish(builder);
}

/* --- our own verbs --- */

/* The member as an array of strings or numbers; a single one stands for an array of one. */
static JsonArray *take_array(JsonObject *arguments, const char *plural, const char *singular)
{
	JsonNode *many = json_object_get_member(arguments, plural);
	JsonNode *one = json_object_get_member(arguments, singular);
	g_autoptr(JsonArray) array = json_array_new();

	if (many && JSON_NODE_HOLDS_ARRAY(many))
		return json_array_ref(json_node_get_array(many));
	if (one)
		json_array_add_element(array, json_node_copy(one));
	return g_steal_pointer(&array);
}

/* "" for what is no string. */
static const char *text_at(JsonArray *array, guint i)
{
	JsonNode *node = json_array_get_element(array, i);
	const char *text = NULL;

	if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == JSON_VALUE_STRING)
		text = json_node_get_string(node);
	return text ? text : "";
}

static void wish_clear(gpointer data)
{
	struct port_wish *wish = data;

	g_clear_pointer(&wish->sockets, g_array_unref);
}

/* The next descriptor that came with the request becomes the wish's socket. */
static bool take_socket(const struct control_context *context, struct port_wish *wish,
			GError **error)
{
	for (guint i = 0; context->fds && i < context->fds->len; i++) {
		int fd = g_steal_fd(&g_array_index(context->fds, int, i));

		if (fd < 0)
			continue;
		wish->sockets = g_array_new(FALSE, FALSE, sizeof(int));
		g_array_append_val(wish->sockets, fd);
		return true;
	}
	failure_set(error, EBADF, "send it with the request, see netns-ctl-protocol(7)",
		    "no descriptor came for fd:%s", wish->rule.source);
	return false;
}

/* Of struct port_wish; NULL on error. */
static GArray *read_wishes(const struct control_context *context, JsonObject *arguments,
			   GError **error)
{
	g_autoptr(JsonArray) texts = take_array(arguments, "rules", "rule");
	g_autoptr(GArray) wishes = g_array_new(FALSE, FALSE, sizeof(struct port_wish));

	g_array_set_clear_func(wishes, wish_clear);
	for (guint i = 0; i < json_array_get_length(texts); i++) {
		struct port_wish wish = {0};

		if (!port_rule_parse(text_at(texts, i), &wish.rule, error) ||
		    (wish.rule.source[0] && !take_socket(context, &wish, error)))
			return NULL;
		g_array_append_val(wishes, wish);
	}
	return g_steal_pointer(&wishes);
}

static JsonNode *reply_rule(const struct port_rule *rule)
{
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	g_autofree char *text = port_rule_to_string(rule);

	json_add_int(builder, "id", rule->id);
	json_add_string(builder, "rule", text);
	return control_reply_finish(builder);
}

static bool require_wishes(const GArray *wishes, GError **error)
{
	if (wishes->len)
		return true;
	failure_set(error, EINVAL, NULL, "publish: arguments.rules names no port");
	return false;
}

JsonNode *control_ports_publish(const struct control_context *context, JsonObject *arguments,
				GError **error)
{
	g_autoptr(GArray) wishes = read_wishes(context, arguments, error);
	g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));

	if (!wishes || !require_wishes(wishes, error) ||
	    !port_table_change(context->ports, wishes, NULL, rules, error))
		return NULL;
	return json_object_has_member(arguments, "rules")
		       ? reply_rules(rules)
		       : reply_rule(&g_array_index(rules, struct port_rule, 0));
}

JsonNode *control_ports_replace(const struct control_context *context, JsonObject *arguments,
				GError **error)
{
	g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));

	if (!json_object_has_member(arguments, "rules")) {
		control_request_refuse(error, "replace", "rules");
		return NULL;
	}
	g_autoptr(GArray) wishes = read_wishes(context, arguments, error);
	if (!wishes || !port_table_replace(context->ports, wishes, rules, error))
		return NULL;
	return reply_rules(rules);
}

/* --- taking away --- */

static bool names_rule(const struct port_rule *wanted, const struct port_rule *rule)
{
	if (wanted->protocol != rule->protocol ||
	    (wanted->guest_first && wanted->guest_first != rule->guest_first))
		return false;
	if (wanted->source[0])
		return g_str_equal(wanted->source, rule->source);
	return wanted->host_first == rule->host_first && wanted->host_last == rule->host_last &&
	       (!wanted->host.family || ip_address_equal(&wanted->host, &rule->host)) &&
	       (!wanted->interface[0] || g_str_equal(wanted->interface, rule->interface));
}

/* Appends the id of the rule that text names. */
static bool find_rule(const struct control_context *context, const char *text, GArray *ids,
		      GError **error)
{
	const GArray *rules = port_table_rules(context->ports);
	struct port_rule wanted;

	if (!port_rule_parse_host(text, &wanted, error))
		return false;
	for (guint i = 0; i < rules->len; i++) {
		const struct port_rule *rule = &g_array_index(rules, struct port_rule, i);
		if (names_rule(&wanted, rule)) {
			g_array_append_val(ids, rule->id);
			return true;
		}
	}
	failure_set(error, ENOENT, "netns-ctl NAME port ls shows what is published",
		    "port '%s' is not published", text);
	return false;
}

static bool find_id(const struct control_context *context, JsonNode *node, GArray *ids,
		    GError **error)
{
	const GArray *rules = port_table_rules(context->ports);
	gint64 id = control_request_is_int(node) ? json_node_get_int(node) : 0;

	for (guint i = 0; i < rules->len; i++) {
		const struct port_rule *rule = &g_array_index(rules, struct port_rule, i);
		if (rule->id == id) {
			g_array_append_val(ids, rule->id);
			return true;
		}
	}
	failure_set(error, ENOENT, "netns-ctl NAME port ls shows what is published",
		    "no published port has the id %" G_GINT64_FORMAT, id);
	return false;
}

/* What is not there may be an error, or just not there. */
static bool forgive(bool ignore_missing, GError **failure, GError **error)
{
	if (ignore_missing && (*failure)->code == ENOENT) {
		g_clear_error(failure);
		return true;
	}
	g_propagate_error(error, g_steal_pointer(failure));
	return false;
}

static bool find_all(const struct control_context *context, JsonObject *arguments, GArray *ids,
		     GError **error)
{
	g_autoptr(JsonArray) texts = take_array(arguments, "rules", "rule");
	g_autoptr(JsonArray) numbers = take_array(arguments, "ids", "id");
	g_autoptr(GError) failure = NULL;
	bool ignore_missing;

	if (!control_request_bool(arguments, "ignore_missing", &ignore_missing))
		return control_request_refuse(error, "unpublish", "ignore_missing");
	for (guint i = 0; i < json_array_get_length(texts); i++)
		if (!find_rule(context, text_at(texts, i), ids, &failure) &&
		    !forgive(ignore_missing, &failure, error))
			return false;
	for (guint i = 0; i < json_array_get_length(numbers); i++)
		if (!find_id(context, json_array_get_element(numbers, i), ids, &failure) &&
		    !forgive(ignore_missing, &failure, error))
			return false;
	if (json_array_get_length(texts) + json_array_get_length(numbers) > 0)
		return true;
	failure_set(error, EINVAL, NULL, "unpublish: arguments name no port");
	return false;
}

static void add_ids(JsonBuilder *builder, const GArray *ids)
{
	json_builder_set_member_name(builder, "ids");
	json_builder_begin_array(builder);
	for (guint i = 0; i < ids->len; i++)
		json_builder_add_int_value(builder, g_array_index(ids, unsigned, i));
	json_builder_end_array(builder);
}

JsonNode *control_ports_unpublish(const struct control_context *context, JsonObject *arguments,
				  GError **error)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(unsigned));

	if (!find_all(context, arguments, ids, error) ||
	    !port_table_change(context->ports, NULL, ids, NULL, error))
		return NULL;
	bool is_batch = json_object_has_member(arguments, "rules") ||
			json_object_has_member(arguments, "ids");
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	if (!is_batch && ids->len == 1)
		json_add_int(builder, "id", g_array_index(ids, unsigned, 0));
	if (is_batch)
		add_ids(builder, ids);
	return control_reply_finish(builder);
}
