/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json - JSON values (RFC 8259), over jansson: the only file that knows it */
#include "src/json.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "src/failure.h"

struct json_parser {
	json_t *root;
};

/* --- nodes --- */

JsonNode *json_node_ref(JsonNode *node)
{
	return json_incref(node);
}

void json_node_unref(JsonNode *node)
{
	json_decref(node);
}

JsonNode *json_node_copy(JsonNode *node)
{
	return json_incref(node);
}

bool json_node_equal(JsonNode *a, JsonNode *b)
{
	return json_equal(a, b);
}

JsonNode *json_node_new(JsonNodeType type)
{
	return type == JSON_NODE_ARRAY ? json_array() : json_object();
}

void json_node_set_object(JsonNode *node, JsonObject *object)
{
	json_object_update(node, object);
}

void json_node_set_array(JsonNode *node, JsonArray *array)
{
	json_array_extend(node, array);
}

void json_node_take_object(JsonNode *node, JsonObject *object)
{
	json_node_set_object(node, object);
	json_decref(object);
}

void json_node_take_array(JsonNode *node, JsonArray *array)
{
	json_node_set_array(node, array);
	json_decref(array);
}

bool json_node_holds_object(const JsonNode *node)
{
	return json_is_object(node);
}

bool json_node_holds_array(const JsonNode *node)
{
	return json_is_array(node);
}

bool json_node_holds_null(const JsonNode *node)
{
	return json_is_null(node);
}

bool json_node_holds_value(const JsonNode *node)
{
	return json_node_get_value_type(node) != JSON_VALUE_INVALID;
}

enum json_value json_node_get_value_type(const JsonNode *node)
{
	switch (json_typeof(node)) {
	case JSON_STRING:
		return JSON_VALUE_STRING;
	case JSON_INTEGER:
		return JSON_VALUE_INT64;
	case JSON_REAL:
		return JSON_VALUE_DOUBLE;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_VALUE_BOOLEAN;
	default:
		return JSON_VALUE_INVALID;
	}
}

JsonObject *json_node_get_object(JsonNode *node)
{
	return json_is_object(node) ? node : NULL;
}

JsonArray *json_node_get_array(JsonNode *node)
{
	return json_is_array(node) ? node : NULL;
}

const char *json_node_get_string(const JsonNode *node)
{
	return json_string_value(node);
}

/* To convert what does not fit is undefined (C11, 6.3.1.4). 2^63 is the first that does not. */
static gint64 cut_off(double value)
{
	if (value >= 0x1p63)
		return G_MAXINT64;
	return value >= -0x1p63 ? (gint64)value : G_MININT64;
}

gint64 json_node_get_int(const JsonNode *node)
{
	return json_is_real(node) ? cut_off(json_real_value(node)) : json_integer_value(node);
}

double json_node_get_double(const JsonNode *node)
{
	return json_number_value(node);
}

bool json_node_get_boolean(const JsonNode *node)
{
	return json_is_true(node);
}

JsonObject *json_node_dup_object(JsonNode *node)
{
	return json_incref(json_node_get_object(node));
}

/* jansson takes no other text, and NULL would break what it is put into. */
JsonNode *json_string_node(const char *value)
{
	json_t *string = value ? json_string(value) : json_null();

	if (string)
		return string;
	g_autofree char *valid = g_utf8_make_valid(value, -1);
	return json_string(valid);
}

JsonNode *json_int_node(gint64 value)
{
	return json_integer(value);
}

/* Not a number and infinity have no JSON. */
JsonNode *json_double_node(double value)
{
	json_t *real = json_real(value);

	return real ? real : json_null();
}

JsonNode *json_boolean_node(bool value)
{
	return json_boolean(value);
}

/* --- objects --- */

JsonObject *json_object_new(void)
{
	return json_object();
}

JsonObject *json_object_ref(JsonObject *object)
{
	return json_incref(object);
}

void json_object_unref(JsonObject *object)
{
	json_decref(object);
}

bool json_object_has_member(const JsonObject *object, const char *name)
{
	return json_object_get(object, name);
}

JsonNode *json_object_get_member(const JsonObject *object, const char *name)
{
	return json_object_get(object, name);
}

const char *json_object_get_string_member(const JsonObject *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

const char *json_object_get_string_member_with_default(const JsonObject *object, const char *name,
						       const char *fallback)
{
	const char *value = json_object_get_string_member(object, name);

	return value ? value : fallback;
}

gint64 json_object_get_int_member(const JsonObject *object, const char *name)
{
	return json_node_get_int(json_object_get(object, name));
}

gint64 json_object_get_int_member_with_default(const JsonObject *object, const char *name,
					       gint64 fallback)
{
	const json_t *value = json_object_get(object, name);

	return json_is_number(value) ? json_node_get_int(value) : fallback;
}

bool json_object_get_boolean_member_with_default(const JsonObject *object, const char *name,
						 bool fallback)
{
	const json_t *value = json_object_get(object, name);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

JsonObject *json_object_get_object_member(const JsonObject *object, const char *name)
{
	return json_node_get_object(json_object_get(object, name));
}

JsonArray *json_object_get_array_member(const JsonObject *object, const char *name)
{
	return json_node_get_array(json_object_get(object, name));
}

JsonNode *json_object_dup_member(const JsonObject *object, const char *name)
{
	return json_incref(json_object_get(object, name));
}

GList *json_object_get_members(JsonObject *object)
{
	GList *names = NULL;

	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
		names = g_list_prepend(names, (gpointer)json_object_iter_key(at));
	return g_list_reverse(names);
}

void json_object_set_member(JsonObject *object, const char *name, JsonNode *value)
{
	json_object_set_new(object, name, value);
}

void json_object_set_object_member(JsonObject *object, const char *name, JsonObject *value)
{
	json_object_set_new(object, name, value);
}

void json_object_set_array_member(JsonObject *object, const char *name, JsonArray *value)
{
	json_object_set_new(object, name, value);
}

void json_object_set_string_member(JsonObject *object, const char *name, const char *value)
{
	json_object_set_new(object, name, json_string_node(value));
}

void json_object_set_int_member(JsonObject *object, const char *name, gint64 value)
{
	json_object_set_new(object, name, json_integer(value));
}

void json_object_set_double_member(JsonObject *object, const char *name, double value)
{
	json_object_set_new(object, name, json_double_node(value));
}

void json_object_set_boolean_member(JsonObject *object, const char *name, bool value)
{
	json_object_set_new(object, name, json_boolean(value));
}

void json_object_set_null_member(JsonObject *object, const char *name)
{
	json_object_set_new(object, name, json_null());
}

void json_object_remove_member(JsonObject *object, const char *name)
{
	json_object_del(object, name);
}

/* --- arrays --- */

JsonArray *json_array_new(void)
{
	return json_array();
}

JsonArray *json_array_sized_new(unsigned n G_GNUC_UNUSED)
{
	return json_array();
}

JsonArray *json_array_ref(JsonArray *array)
{
	return json_incref(array);
}

void json_array_unref(JsonArray *array)
{
	json_decref(array);
}

unsigned json_array_get_length(const JsonArray *array)
{
	return (unsigned)json_array_size(array);
}

JsonNode *json_array_get_element(const JsonArray *array, unsigned i)
{
	return json_array_get(array, i);
}

JsonObject *json_array_get_object_element(const JsonArray *array, unsigned i)
{
	return json_node_get_object(json_array_get(array, i));
}

const char *json_array_get_string_element(const JsonArray *array, unsigned i)
{
	return json_string_value(json_array_get(array, i));
}

GList *json_array_get_elements(JsonArray *array)
{
	GList *elements = NULL;

	for (size_t i = json_array_size(array); i > 0; i--)
		elements = g_list_prepend(elements, json_array_get(array, i - 1));
	return elements;
}

void json_array_add_element(JsonArray *array, JsonNode *value)
{
	json_array_append_new(array, value);
}

void json_array_add_object_element(JsonArray *array, JsonObject *value)
{
	json_array_append_new(array, value);
}

void json_array_add_int_element(JsonArray *array, gint64 value)
{
	json_array_append_new(array, json_integer(value));
}

void json_array_add_string_element(JsonArray *array, const char *value)
{
	json_array_append_new(array, json_string_node(value));
}

/* --- text --- */

char *json_to_string(JsonNode *node, bool pretty)
{
	return json_dumps(node, JSON_ENCODE_ANY | (pretty ? JSON_INDENT(2) : JSON_COMPACT));
}

static json_t *parse(const char *text, size_t size, GError **error)
{
	json_error_t cause;
	json_t *root = json_loadb(text, size, JSON_DECODE_ANY, &cause);

	/* What it quotes is foreign text. */
	if (!root) {
		g_autofree char *printable = g_strescape(cause.text, NULL);
		failure_set(error, EINVAL, NULL, "line %d, column %d: %s", cause.line, cause.column,
			    printable);
	}
	return root;
}

JsonNode *json_from_string(const char *text, GError **error)
{
	return parse(text, strlen(text), error);
}

JsonParser *json_parser_new(void)
{
	return g_new0(JsonParser, 1);
}

JsonParser *json_parser_new_immutable(void)
{
	return json_parser_new();
}

void json_parser_free(JsonParser *parser)
{
	json_decref(parser->root);
	g_free(parser);
}

bool json_parser_load_from_data(JsonParser *parser, const char *text, gssize size, GError **error)
{
	json_decref(parser->root);
	parser->root = parse(text, size < 0 ? strlen(text) : (size_t)size, error);
	return parser->root;
}

JsonNode *json_parser_get_root(JsonParser *parser)
{
	return parser->root;
}

JsonNode *json_parser_steal_root(JsonParser *parser)
{
	return g_steal_pointer(&parser->root);
}
