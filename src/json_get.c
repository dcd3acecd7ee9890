/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_get - members of objects from another version of ours */
#include "src/json_get.h"

/* What comes from another version may be of another type: it counts as absent. */
static JsonNode *get_value(JsonObject *object, const char *name, enum json_value type)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node
											     : NULL;
}

const char *json_get_string(JsonObject *object, const char *name)
{
	JsonNode *node = get_value(object, name, JSON_VALUE_STRING);

	return node ? json_node_get_string(node) : "";
}

gint64 json_get_int(JsonObject *object, const char *name)
{
	JsonNode *node = get_value(object, name, JSON_VALUE_INT64);

	return node ? json_node_get_int(node) : 0;
}

bool json_get_bool(JsonObject *object, const char *name)
{
	JsonNode *node = get_value(object, name, JSON_VALUE_BOOLEAN);

	return node && json_node_get_boolean(node);
}

JsonObject *json_get_object(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *json_get_array(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}
