/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_reply - the shape of an answer on the control socket */
#include "forwarder/control_reply.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/json_add.h"

JsonBuilder *control_reply_begin(void)
{
	JsonBuilder *builder = json_builder_new();

	return json_builder_begin_object(builder);
}

JsonNode *control_reply_finish(JsonBuilder *builder)
{
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

static char *print(JsonNode *node)
{
	g_autoptr(JsonNode) root = node;

	return json_to_string(root, FALSE);
}

char *control_reply_error(const GError *error)
{
	g_autoptr(JsonBuilder) builder = control_reply_begin();
	g_autofree char *cause = failure_cause(error);
	const char *symbol = strerrorname_np(error->code);

	json_builder_set_member_name(builder, "error");
	json_builder_begin_object(builder);
	json_add_string(builder, "desc", cause);
	if (error->code && symbol)
		json_add_string(builder, "code", symbol);
	if (failure_cure(error))
		json_add_string(builder, "cure", failure_cure(error));
	if (failure_subject(error))
		json_add_string(builder, "subject", failure_subject(error));
	json_builder_end_object(builder);
	return print(control_reply_finish(builder));
}

char *control_reply_return(JsonNode *result, bool is_flat)
{
	g_autoptr(JsonNode) value = result;
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_member(object, "return", json_node_ref(value));
	g_autoptr(GList) names = json_object_get_members(json_node_get_object(value));
	for (GList *name = names; is_flat && name; name = name->next)
		json_object_set_member(
			object, name->data,
			json_object_dup_member(json_node_get_object(value), name->data));
	return json_to_string(object, FALSE);
}

char *control_reply_too_many(void)
{
	g_autoptr(GError) error = NULL;

	failure_set(&error, EUSERS, "try again", "too many clients at once");
	return control_reply_error(error);
}

char *control_reply_too_large(void)
{
	g_autoptr(GError) error = NULL;

	failure_set(&error, EMSGSIZE, NULL, "bad request: too large message");
	return control_reply_error(error);
}
