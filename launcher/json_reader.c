/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_reader - members of a foreign JSON document, with errors that name the place */
#include "launcher/json_reader.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"

#define DEEPEST 32

/* Outside of strings. */
static bool is_json_byte(char byte)
{
	return byte && (g_ascii_isalnum(byte) || strchr(" \t\r\n{}[]:,+-.", byte));
}

static bool refuse_text(size_t offset, const char *why, GError **error)
{
	failure_set(error, EINVAL, "jq . FILE shows where", "no JSON: %s at byte %zu", why, offset);
	return false;
}

static bool check_text(const char *text, size_t size, GError **error)
{
	bool in_string = false, complete = false;
	unsigned depth = 0;

	for (size_t i = 0; i < size; i++) {
		char byte = text[i];

		if (!byte)
			return refuse_text(i, "a NUL", error);
		if (in_string) {
			in_string = byte != '"';
			if (byte == '\\' && i + 1 < size && text[i + 1])
				i++;
			continue;
		}
		in_string = byte == '"';
		if ((!in_string && !is_json_byte(byte)) || (complete && !g_ascii_isspace(byte)))
			return refuse_text(i, "a character that has no place there", error);
		depth += byte == '{' || byte == '[';
		depth -= depth && (byte == '}' || byte == ']');
		complete = complete || (depth == 0 && (byte == '}' || byte == ']'));
		if (depth > DEEPEST)
			return refuse_text(i, "nested too deeply", error);
	}
	return true;
}

/* Beyond INT64_MAX, where the parser takes nothing; else it is left to the parser. */
static bool is_large_number(const char *text, guint64 *ret_value, size_t *ret_length)
{
	char *end;

	errno = 0;
	*ret_value = g_ascii_strtoull(text, &end, 10);
	*ret_length = (size_t)(end - text);
	return errno == 0 && *ret_value > G_MAXINT64 && (!*end || !strchr(".eE", *end));
}

/* The text with such numbers as their two's complement. It ends with a NUL; check_text() was there.
 */
static char *wrap_large_numbers(const char *text)
{
	GString *wrapped = g_string_new(NULL);
	bool in_string = false;
	guint64 value;
	size_t length;

	for (size_t i = 0; text[i]; i++) {
		bool starts = !in_string && g_ascii_isdigit(text[i]) &&
			      (i == 0 || strchr(" \t\r\n{}[]:,", text[i - 1]));

		if (starts && is_large_number(text + i, &value, &length)) {
			g_string_append_printf(wrapped, "%" G_GINT64_FORMAT, (gint64)value);
			i += length - 1;
			continue;
		}
		in_string ^= text[i] == '"';
		g_string_append_c(wrapped, text[i]);
		if (in_string && text[i] == '\\' && text[i + 1])
			g_string_append_c(wrapped, text[++i]);
	}
	return g_string_free(wrapped, FALSE);
}

JsonNode *json_reader_parse(const char *text, size_t size, GError **error)
{
	g_autoptr(GError) parse_error = NULL;

	if (!check_text(text, size, error))
		return NULL;
	if (!g_utf8_validate(text, (gssize)size, NULL)) {
		failure_set(error, EINVAL, "save it as UTF-8", "no JSON: it is not UTF-8");
		return NULL;
	}
	g_autofree char *terminated = g_strndup(text, size);
	g_autofree char *wrapped = wrap_large_numbers(terminated);
	g_autoptr(JsonNode) root = json_from_string(wrapped, &parse_error);
	if (!root) {
		failure_set(error, EINVAL, "jq . FILE shows where", "no JSON: %s",
			    parse_error->message);
		return NULL;
	}
	if (!JSON_NODE_HOLDS_OBJECT(root)) {
		failure_set(error, EINVAL, NULL, "the document must be an object");
		return NULL;
	}
	return g_steal_pointer(&root);
}

static JsonNode *find(const struct json_place *place, const char *name)
{
	JsonNode *node = json_object_get_member(place->object, name);

	return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

static bool refuse(const struct json_place *place, const char *name, const char *type,
		   GError **error)
{
	failure_set(error, EINVAL, NULL, "%s%s must be %s", place->prefix, name, type);
	return false;
}

static const char *string_of(JsonNode *node)
{
	return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == JSON_VALUE_STRING
		       ? json_node_get_string(node)
		       : NULL;
}

bool json_reader_string(const struct json_place *place, const char *name, const char **ret_value,
			GError **error)
{
	JsonNode *node = find(place, name);

	if (!node)
		return true;
	if (!string_of(node))
		return refuse(place, name, "a string", error);
	*ret_value = string_of(node);
	return true;
}

bool json_reader_number(const struct json_place *place, const char *name, uint64_t *ret_value,
			GError **error)
{
	JsonNode *node = find(place, name);

	if (!node)
		return true;
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != JSON_VALUE_INT64)
		return refuse(place, name, "a whole number", error);
	*ret_value = (uint64_t)json_node_get_int(node);
	return true;
}

bool json_reader_array(const struct json_place *place, const char *name, JsonArray **ret_value,
		       GError **error)
{
	JsonNode *node = find(place, name);

	if (!node)
		return true;
	if (!JSON_NODE_HOLDS_ARRAY(node))
		return refuse(place, name, "an array", error);
	*ret_value = json_node_get_array(node);
	return true;
}

bool json_reader_object(const struct json_place *place, const char *name, JsonObject **ret_value,
			GError **error)
{
	JsonNode *node = find(place, name);

	if (!node)
		return true;
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return refuse(place, name, "an object", error);
	*ret_value = json_node_get_object(node);
	return true;
}

static void refuse_element(const struct json_place *place, const char *name, unsigned i,
			   const char *type, GError **error)
{
	g_autofree char *element = g_strdup_printf("%s[%u]", name, i);

	refuse(place, element, type, error);
}

const char *json_reader_element(const struct json_place *place, const char *name, JsonArray *array,
				unsigned i, GError **error)
{
	const char *value = string_of(json_array_get_element(array, i));

	if (!value)
		refuse_element(place, name, i, "a string", error);
	return value;
}

JsonObject *json_reader_element_object(const struct json_place *place, const char *name,
				       JsonArray *array, unsigned i, GError **error)
{
	JsonNode *node = json_array_get_element(array, i);

	if (JSON_NODE_HOLDS_OBJECT(node))
		return json_node_get_object(node);
	refuse_element(place, name, i, "an object", error);
	return NULL;
}
