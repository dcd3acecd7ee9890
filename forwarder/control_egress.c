/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_egress - the control verbs of what may leave */
#include "forwarder/control_egress.h"

#include <errno.h>

#include "forwarder/control_reply.h"
#include "forwarder/control_request.h"
#include "src/failure.h"
#include "src/json_add.h"

static void rule_free(gpointer data)
{
	egress_rule_free(data);
}

static bool is_available(const struct control_context *context, GError **error)
{
	if (context->egress)
		return true;
	failure_set(error, EOPNOTSUPP, NULL, "this network has no egress rules");
	return false;
}

static struct egress_set *copy_set(const struct control_context *context)
{
	return egress_set_copy(egress_rules(egress_service_rules(context->egress)));
}

/* Takes the set. */
static bool change(const struct control_context *context, struct egress_set *set, const char *verb,
		   JsonObject *arguments, GError **error)
{
	bool keep_flows;

	/* What is no boolean would cut flows that may have been meant to stay. */
	if (control_request_bool(arguments, "keep_flows", &keep_flows))
		return egress_service_change(context->egress, set, keep_flows, error);
	egress_set_free(set);
	return control_request_refuse(error, verb, "keep_flows");
}

static bool is_id(gint64 id)
{
	return id > 0 && id <= G_MAXUINT;
}

/* --- list --- */

static void add_hits(const struct egress *egress, JsonObject *set)
{
	JsonArray *rules = json_object_get_array_member(set, "rules");

	for (guint i = 0; i < json_array_get_length(rules); i++) {
		JsonObject *rule = json_array_get_object_element(rules, i);
		unsigned id = (unsigned)json_object_get_int_member(rule, "id");

		json_object_set_int_member(rule, "hits", (gint64)egress_count_hits(egress, id));
	}
	json_object_set_int_member(set, "default_hits", (gint64)egress_count_hits(egress, 0));
}

JsonNode *control_egress_list(const struct control_context *context,
			      JsonObject *arguments G_GNUC_UNUSED, GError **error)
{
	struct egress_stats stats;

	if (!is_available(context, error))
		return NULL;
	const struct egress *egress = egress_service_rules(context->egress);
	JsonNode *node = egress_set_to_json(egress_rules(egress));
	JsonObject *set = json_node_get_object(node);
	egress_get_stats(egress, &stats);
	json_object_remove_member(set, "last_id");
	json_object_remove_member(set, "default_fixed");
	add_hits(egress, set);
	json_object_set_int_member(set, "denied", (gint64)stats.denied);
	json_object_set_int_member(set, "names_refused", (gint64)stats.refused);
	json_object_set_int_member(set, "answers_ignored", (gint64)stats.unpinned);
	json_object_set_int_member(set, "pins", stats.pins);
	return node;
}

/* --- add and remove --- */

static JsonArray *array_of(JsonObject *arguments, const char *name)
{
	JsonNode *node = json_object_get_member(arguments, name);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static guint length_of(JsonArray *array)
{
	return array ? json_array_get_length(array) : 0;
}

static void answer_rule(JsonBuilder *builder, const struct egress_rule *rule)
{
	g_autofree char *text = egress_rule_to_string(rule);

	json_builder_begin_object(builder);
	json_add_int(builder, "id", rule->id);
	json_add_string(builder, "action", egress_action_name(rule->action));
	json_add_string(builder, "rule", text);
	json_builder_end_object(builder);
}

static JsonBuilder *begin_answer(void)
{
	JsonBuilder *builder = control_reply_begin();

	json_builder_set_member_name(builder, "rules");
	json_builder_begin_array(builder);
	return builder;
}

static JsonNode *finish_answer(JsonBuilder *builder)
{
	json_builder_end_array(builder);
	return control_reply_finish(builder);
}

static bool add_rules(struct egress_set *set, enum egress_action action, JsonObject *arguments,
		      JsonBuilder *answer, GError **error)
{
	JsonArray *rules = array_of(arguments, "rules");
	gint64 before = control_request_int(arguments, "before");

	if (length_of(rules) == 0)
		return control_request_refuse(error, "egress_add", "rules");
	/* To be the last one may be the opposite of what was meant. */
	if (json_object_has_member(arguments, "before") && !is_id(before))
		return control_request_refuse(error, "egress_add", "before");
	for (guint i = 0; i < length_of(rules); i++) {
		const char *text = json_array_get_string_element(rules, i);
		struct egress_rule *rule = egress_rule_parse(action, text ? text : "", error);

		if (!rule || !egress_set_add(set, rule, (unsigned)before, error))
			return false;
		answer_rule(answer, egress_set_find(set, set->last_id));
	}
	return true;
}

JsonNode *control_egress_add(const struct control_context *context, JsonObject *arguments,
			     GError **error)
{
	g_autoptr(JsonBuilder) answer = begin_answer();
	const char *text = control_request_string(arguments, "action");
	enum egress_action action;

	if (!is_available(context, error) || !egress_action_parse(text ? text : "", &action, error))
		return NULL;
	struct egress_set *set = copy_set(context);
	if (!add_rules(set, action, arguments, answer, error)) {
		egress_set_free(set);
		return NULL;
	}
	return change(context, set, "egress_add", arguments, error) ? finish_answer(answer) : NULL;
}

/* Rules of the file go with it: it would bring them again. */
static bool remove_rule(struct egress_set *set, const struct egress_rule *rule, const char *name,
			JsonBuilder *answer, GError **error)
{
	if (!rule) {
		failure_set(error, ENOENT, "netns-ctl NAME egress ls shows the rules",
			    "there is no egress rule '%s'", name);
		return false;
	}
	if (rule->is_from_file) {
		failure_set(error, EPERM, "take it out of the file, then reload",
			    "egress rule '%s' is from a file", name);
		return false;
	}
	answer_rule(answer, rule);
	egress_set_remove(set, rule->id);
	return true;
}

static const struct egress_rule *find_text(const struct egress_set *set, const char *text)
{
	g_autoptr(GPtrArray) likes = g_ptr_array_new_with_free_func(rule_free);
	const struct egress_rule *found = NULL;

	for (int action = EGRESS_ALLOW; action <= EGRESS_DENY && !found; action++) {
		struct egress_rule *like =
			egress_rule_parse((enum egress_action)action, text, NULL);
		if (!like)
			continue;
		g_ptr_array_add(likes, like);
		found = egress_set_find_equal(set, like);
	}
	return found;
}

static bool remove_rules(struct egress_set *set, JsonObject *arguments, JsonBuilder *answer,
			 GError **error)
{
	JsonArray *ids = array_of(arguments, "ids"), *rules = array_of(arguments, "rules");

	if (length_of(ids) + length_of(rules) == 0)
		return control_request_refuse(error, "egress_remove", "ids");
	for (guint i = 0; i < length_of(ids); i++) {
		const JsonNode *node = json_array_get_element(ids, i);

		if (!control_request_is_int(node))
			return control_request_refuse(error, "egress_remove", "ids");
		gint64 id = json_node_get_int(node);
		g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, id);
		const struct egress_rule *rule =
			is_id(id) ? egress_set_find(set, (unsigned)id) : NULL;

		if (!remove_rule(set, rule, name, answer, error))
			return false;
	}
	for (guint i = 0; i < length_of(rules); i++) {
		const char *text = json_array_get_string_element(rules, i);
		g_autofree char *name = g_strescape(text ? text : "", NULL);

		if (!remove_rule(set, text ? find_text(set, text) : NULL, name, answer, error))
			return false;
	}
	return true;
}

JsonNode *control_egress_remove(const struct control_context *context, JsonObject *arguments,
				GError **error)
{
	g_autoptr(JsonBuilder) answer = begin_answer();

	if (!is_available(context, error))
		return NULL;
	struct egress_set *set = copy_set(context);
	if (!remove_rules(set, arguments, answer, error)) {
		egress_set_free(set);
		return NULL;
	}
	return change(context, set, "egress_remove", arguments, error) ? finish_answer(answer)
								       : NULL;
}

/* --- load --- */

/* The text, or a descriptor of it: a request may not be as large as a file. */
static bool take_rules(struct egress_set *set, const struct control_context *context,
		       JsonObject *arguments, GError **error)
{
	const char *text = json_object_get_string_member(arguments, "text");
	const char *file = json_object_get_string_member(arguments, "file");

	if (file) {
		g_free(set->file);
		set->file = g_strdup(file);
	}
	if (text)
		return egress_set_take_text(set, text, error);
	if (context->fds && context->fds->len > 0)
		return egress_set_take_fd(set, g_array_index(context->fds, int, 0), error);
	return control_request_refuse(error, "egress_load", "text");
}

JsonNode *control_egress_load(const struct control_context *context, JsonObject *arguments,
			      GError **error)
{
	if (!is_available(context, error))
		return NULL;
	struct egress_set *set = copy_set(context);
	if (!take_rules(set, context, arguments, error)) {
		egress_set_free(set);
		return NULL;
	}
	return change(context, set, "egress_load", arguments, error)
		       ? control_egress_list(context, arguments, error)
		       : NULL;
}
