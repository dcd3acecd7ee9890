/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message - the JSON of requests and replies, the same for forwarder and launcher */
#include "src/ctl/message.h"

#include <errno.h>

#include "src/failure.h"

char *message_request(const char *verb, JsonObject *arguments)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	json_object_set_string_member(object, "execute", verb);
	if (arguments)
		json_object_set_object_member(object, "arguments", json_object_ref(arguments));
	json_node_set_object(root, object);
	return json_to_string(root, FALSE);
}

JsonObject *message_parse(const char *text, size_t size)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	if (!json_parser_load_from_data(parser, text, (gssize)size, NULL))
		return NULL;
	JsonNode *root = json_parser_get_root(parser);
	return root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_dup_object(root) : NULL;
}

const char *message_string(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && json_node_get_value_type(node) == JSON_VALUE_STRING
		       ? json_node_get_string(node)
		       : NULL;
}

JsonObject *message_object(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

gint64 message_int(JsonObject *object, const char *name, gint64 fallback)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && json_node_get_value_type(node) == JSON_VALUE_INT64 ? json_node_get_int(node)
									  : fallback;
}

static void refuse(JsonObject *refusal, GError **error)
{
	const char *cause = message_string(refusal, "desc");
	const char *cure = message_string(refusal, "cure");

	failure_set(error, ECANCELED, cure ? cure : message_string(refusal, "hint"), "%s",
		    cause ? cause : "the request failed");
	if (error)
		failure_set_subject(*error, message_string(refusal, "subject"));
}

JsonObject *message_result(JsonObject *reply, const char *container, GError **error)
{
	JsonObject *refusal = reply ? message_object(reply, "error") : NULL;
	JsonObject *result = reply ? message_object(reply, "return") : NULL;

	if (refusal) {
		refuse(refusal, error);
		return NULL;
	}
	if (result)
		return json_object_ref(result);
	failure_set(error, EBADMSG, "netns-ctl and netns-run must be of one version",
		    "the reply of container '%s' cannot be understood", container);
	return NULL;
}

int message_refusal_status(JsonObject *reply, int fallback)
{
	JsonObject *refusal = message_object(reply, "error");
	gint64 status = refusal ? message_int(refusal, "status", fallback) : fallback;

	return status > 0 && status < 256 ? (int)status : fallback;
}
