/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_builder - a JSON value from its parts in their order */
#include "src/json.h"

struct json_builder {
	GPtrArray *open; /* containers that were begun; each is held by the one before it */
	char *name;	 /* of the next member */
	JsonNode *root;
};

JsonBuilder *json_builder_new(void)
{
	JsonBuilder *builder = g_new0(JsonBuilder, 1);

	builder->open = g_ptr_array_new();
	return builder;
}

void json_builder_free(JsonBuilder *builder)
{
	g_ptr_array_unref(builder->open);
	g_free(builder->name);
	json_node_unref(builder->root);
	g_free(builder);
}

void json_builder_add_value(JsonBuilder *builder, JsonNode *value)
{
	GPtrArray *open = builder->open;
	JsonNode *parent = open->len ? g_ptr_array_index(open, open->len - 1) : NULL;
	g_autofree char *name = g_steal_pointer(&builder->name);

	if (!parent) {
		json_node_unref(builder->root);
		builder->root = value;
	} else if (json_node_holds_array(parent)) {
		json_array_add_element(parent, value);
	} else {
		json_object_set_member(parent, name, value);
	}
}

static void begin(JsonBuilder *builder, JsonNode *container)
{
	json_builder_add_value(builder, container);
	g_ptr_array_add(builder->open, container);
}

static void end(JsonBuilder *builder)
{
	g_ptr_array_set_size(builder->open, (int)builder->open->len - 1);
}

JsonBuilder *json_builder_begin_object(JsonBuilder *builder)
{
	begin(builder, json_object_new());
	return builder;
}

void json_builder_end_object(JsonBuilder *builder)
{
	end(builder);
}

void json_builder_begin_array(JsonBuilder *builder)
{
	begin(builder, json_array_new());
}

void json_builder_end_array(JsonBuilder *builder)
{
	end(builder);
}

void json_builder_set_member_name(JsonBuilder *builder, const char *name)
{
	g_free(builder->name);
	builder->name = g_strdup(name);
}

void json_builder_add_string_value(JsonBuilder *builder, const char *value)
{
	json_builder_add_value(builder, json_string_node(value));
}

void json_builder_add_int_value(JsonBuilder *builder, gint64 value)
{
	json_builder_add_value(builder, json_int_node(value));
}

void json_builder_add_double_value(JsonBuilder *builder, double value)
{
	json_builder_add_value(builder, json_double_node(value));
}

void json_builder_add_boolean_value(JsonBuilder *builder, bool value)
{
	json_builder_add_value(builder, json_boolean_node(value));
}

void json_builder_add_null_value(JsonBuilder *builder)
{
	json_builder_add_value(builder, json_string_node(NULL));
}

JsonNode *json_builder_get_root(JsonBuilder *builder)
{
	return json_node_ref(builder->root);
}
