/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json - JSON values (RFC 8259), over jansson: the only file that knows it */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * How it works
 *
 * Names and ownership are those of json-glib, of which this is the part that we use. json-glib
 * itself brings GObject and GIO into every program that links with it: a dozen libraries, which
 * took 0.8 ms of each start, and private memory in each process.
 *
 * Node, object and array are one type, a counted reference, as in jansson. Texts are UTF-8 without
 * NUL; what is not is repaired where it goes in by json_object_set_*(), json_array_add_*() and the
 * builder, and refused by the parser. Numbers are 64 bits wide; the parser refuses larger ones, and
 * more than 2048 levels. Of members with the same name the last one counts. Members keep their
 * order.
 */
typedef struct json_t JsonNode;
typedef struct json_t JsonObject;
typedef struct json_t JsonArray;
typedef struct json_parser JsonParser;
typedef struct json_builder JsonBuilder;

typedef enum { JSON_NODE_OBJECT, JSON_NODE_ARRAY } JsonNodeType;

/* What a node is, if it is a value. */
enum json_value {
	JSON_VALUE_INVALID, /* object, array, null */
	JSON_VALUE_STRING,
	JSON_VALUE_INT64,
	JSON_VALUE_DOUBLE,
	JSON_VALUE_BOOLEAN,
};

/* --- nodes --- */

/* A reference more or less; NULL is not counted. */
JsonNode *json_node_ref(JsonNode *node);
void json_node_unref(JsonNode *node);
/* The same reference counted; nodes that others hold are not to be changed. */
JsonNode *json_node_copy(JsonNode *node);
bool json_node_equal(JsonNode *a, JsonNode *b);

/* An empty object or array. */
JsonNode *json_node_new(JsonNodeType type);

/* Put the members or elements of another one into an empty node; take_ also drops that one. */
void json_node_set_object(JsonNode *node, JsonObject *object);
void json_node_set_array(JsonNode *node, JsonArray *array);
void json_node_take_object(JsonNode *node, JsonObject *object);
void json_node_take_array(JsonNode *node, JsonArray *array);

/* New nodes of one value; no string is null. */
JsonNode *json_string_node(const char *value);
JsonNode *json_int_node(gint64 value);
JsonNode *json_double_node(double value);
JsonNode *json_boolean_node(bool value);

/* What a node is; node must not be NULL. */
bool json_node_holds_object(const JsonNode *node);
bool json_node_holds_array(const JsonNode *node);
bool json_node_holds_null(const JsonNode *node);
bool json_node_holds_value(const JsonNode *node);
enum json_value json_node_get_value_type(const JsonNode *node);

#define JSON_NODE_HOLDS_OBJECT(node) json_node_holds_object(node)
#define JSON_NODE_HOLDS_ARRAY(node)  json_node_holds_array(node)
#define JSON_NODE_HOLDS_NULL(node)   json_node_holds_null(node)
#define JSON_NODE_HOLDS_VALUE(node)  json_node_holds_value(node)

/* What is in a node, which keeps it; NULL, 0 or false where it is of another type. */
JsonObject *json_node_get_object(JsonNode *node);
JsonArray *json_node_get_array(JsonNode *node);
const char *json_node_get_string(const JsonNode *node);
/* A fraction is cut off, and what is out of range is the end of the range. */
gint64 json_node_get_int(const JsonNode *node);
double json_node_get_double(const JsonNode *node);
bool json_node_get_boolean(const JsonNode *node);
/* The same with a reference for the caller. */
JsonObject *json_node_dup_object(JsonNode *node);

/* --- objects --- */

JsonObject *json_object_new(void);
/* A reference more or less. */
JsonObject *json_object_ref(JsonObject *object);
void json_object_unref(JsonObject *object);

/* A member, which stays the object's; NULL, 0, false or fallback where it is absent or of another
 * type. */
bool json_object_has_member(const JsonObject *object, const char *name);
JsonNode *json_object_get_member(const JsonObject *object, const char *name);
const char *json_object_get_string_member(const JsonObject *object, const char *name);
const char *json_object_get_string_member_with_default(const JsonObject *object, const char *name,
						       const char *fallback);
gint64 json_object_get_int_member(const JsonObject *object, const char *name);
gint64 json_object_get_int_member_with_default(const JsonObject *object, const char *name,
					       gint64 fallback);
bool json_object_get_boolean_member_with_default(const JsonObject *object, const char *name,
						 bool fallback);
JsonObject *json_object_get_object_member(const JsonObject *object, const char *name);
JsonArray *json_object_get_array_member(const JsonObject *object, const char *name);
/* With a reference for the caller. */
JsonNode *json_object_dup_member(const JsonObject *object, const char *name);
/* The names, which stay the object's; the list is the caller's. */
GList *json_object_get_members(JsonObject *object);

/* Set a member, in place of one with the same name. Nodes, objects and arrays are taken. */
void json_object_set_member(JsonObject *object, const char *name, JsonNode *value);
void json_object_set_object_member(JsonObject *object, const char *name, JsonObject *value);
void json_object_set_array_member(JsonObject *object, const char *name, JsonArray *value);
void json_object_set_string_member(JsonObject *object, const char *name, const char *value);
void json_object_set_int_member(JsonObject *object, const char *name, gint64 value);
void json_object_set_double_member(JsonObject *object, const char *name, double value);
void json_object_set_boolean_member(JsonObject *object, const char *name, bool value);
void json_object_set_null_member(JsonObject *object, const char *name);
void json_object_remove_member(JsonObject *object, const char *name);

/* --- arrays --- */

JsonArray *json_array_new(void);
/* n is how many elements are expected. */
JsonArray *json_array_sized_new(unsigned n);
/* A reference more or less. */
JsonArray *json_array_ref(JsonArray *array);
void json_array_unref(JsonArray *array);

/* Elements, which stay the array's; NULL where there is none, or one of another type. */
unsigned json_array_get_length(const JsonArray *array);
JsonNode *json_array_get_element(const JsonArray *array, unsigned i);
JsonObject *json_array_get_object_element(const JsonArray *array, unsigned i);
const char *json_array_get_string_element(const JsonArray *array, unsigned i);
/* The list is the caller's. */
GList *json_array_get_elements(JsonArray *array);

/* Append an element. Nodes and objects are taken. */
void json_array_add_element(JsonArray *array, JsonNode *value);
void json_array_add_object_element(JsonArray *array, JsonObject *value);
void json_array_add_string_element(JsonArray *array, const char *value);
void json_array_add_int_element(JsonArray *array, gint64 value);

/* --- text --- */

/* The caller owns the text. pretty: in lines, indented. */
char *json_to_string(JsonNode *node, bool pretty);
/* Any value; NULL with *error (whose message is one line) if text is not JSON. */
JsonNode *json_from_string(const char *text, GError **error);

JsonParser *json_parser_new(void);
JsonParser *json_parser_new_immutable(void);
void json_parser_free(JsonParser *parser);
/* size may be -1 for what ends with a NUL. Errors are those of json_from_string(). */
bool json_parser_load_from_data(JsonParser *parser, const char *text, gssize size, GError **error);
/* What was loaded: the parser's, or, stolen, the caller's. NULL if nothing was. */
JsonNode *json_parser_get_root(JsonParser *parser);
JsonNode *json_parser_steal_root(JsonParser *parser);

/* --- builder (json_builder.c): a value from its parts in their order --- */

JsonBuilder *json_builder_new(void);
void json_builder_free(JsonBuilder *builder);
/* A name goes before each member of an object. Begun containers have to be ended. */
JsonBuilder *json_builder_begin_object(JsonBuilder *builder); /* itself */
void json_builder_end_object(JsonBuilder *builder);
void json_builder_begin_array(JsonBuilder *builder);
void json_builder_end_array(JsonBuilder *builder);
void json_builder_set_member_name(JsonBuilder *builder, const char *name);
/* Takes the value. */
void json_builder_add_value(JsonBuilder *builder, JsonNode *value);
void json_builder_add_string_value(JsonBuilder *builder, const char *value);
void json_builder_add_int_value(JsonBuilder *builder, gint64 value);
void json_builder_add_double_value(JsonBuilder *builder, double value);
void json_builder_add_boolean_value(JsonBuilder *builder, bool value);
void json_builder_add_null_value(JsonBuilder *builder);
/* A reference to what was built, for the caller; NULL if nothing was. */
JsonNode *json_builder_get_root(JsonBuilder *builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonNode, json_node_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonObject, json_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonArray, json_array_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonParser, json_parser_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonBuilder, json_builder_free)
