/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_json - unit tests of json.c and json_builder.c */

#include <errno.h>
#include <math.h>

#include "src/failure.h"
#include "src/json.h"

static void assert_text(JsonNode *node, const char *expected)
{
	g_autofree char *text = json_to_string(node, false);

	g_assert_cmpstr(text, ==, expected);
}

static void test_large_doubles(void)
{
	static const struct {
		const char *text;
		gint64 wanted;
	} cases[] = {
		{"1.9", 1},
		{"-1.9", -1},
		{"1e30", G_MAXINT64},
		{"-1e30", G_MININT64},
		{"9223372036854775808.0", G_MAXINT64},
		{"-9223372036854775808.0", G_MININT64},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf("[%s]", cases[i].text);
		g_autoptr(JsonNode) root = json_from_string(text, NULL);
		JsonNode *number = json_array_get_element(json_node_get_array(root), 0);
		g_assert_cmpint(json_node_get_int(number), ==, cases[i].wanted);
	}
}

static void test_builder(void)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	g_assert_null(json_builder_get_root(builder));
	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "z");
	json_builder_add_int_value(builder, G_MININT64);
	json_builder_set_member_name(builder, "a");
	json_builder_begin_array(builder);
	json_builder_add_null_value(builder);
	json_builder_add_boolean_value(builder, true);
	json_builder_add_double_value(builder, 0.5);
	json_builder_begin_object(builder);
	json_builder_end_object(builder);
	json_builder_end_array(builder);
	json_builder_set_member_name(builder, "m");
	json_builder_add_value(builder, json_string_node("\"\\/\n"));
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	/* Members keep their order. */
	assert_text(root, "{\"z\":-9223372036854775808,\"a\":[null,true,0.5,{}],"
			  "\"m\":\"\\\"\\\\/\\n\"}");
}

/* What is no JSON must neither be lost with what it is in, nor come out. */
static void test_repairs(void)
{
	g_autoptr(JsonObject) object = json_object_new();
	JsonArray *array = json_array_new();

	json_object_set_string_member(object, "bytes", "a\xff");
	json_object_set_string_member(object, "none", NULL);
	json_object_set_double_member(object, "nan", NAN);
	json_array_add_string_element(array, "\xc3");
	json_object_set_array_member(object, "array", array);
	assert_text(object, "{\"bytes\":\"a\xef\xbf\xbd\",\"none\":null,\"nan\":null,"
			    "\"array\":[\"\xef\xbf\xbd\"]}");
}

static void test_other_types(void)
{
	g_autoptr(JsonNode) root = json_from_string("{\"s\":\"x\",\"i\":7,\"d\":2.5,\"b\":true,"
						    "\"n\":null,\"o\":{},\"a\":[1,\"y\"]}",
						    NULL);
	static const struct {
		const char *name;
		enum json_value type;
	} members[] = {
		{"s", JSON_VALUE_STRING},  {"i", JSON_VALUE_INT64},   {"d", JSON_VALUE_DOUBLE},
		{"b", JSON_VALUE_BOOLEAN}, {"n", JSON_VALUE_INVALID}, {"o", JSON_VALUE_INVALID},
		{"a", JSON_VALUE_INVALID},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		g_assert_cmpint(
			json_node_get_value_type(json_object_get_member(root, members[i].name)), ==,
			members[i].type);
	g_assert_null(json_object_get_string_member(root, "i"));
	g_assert_null(json_object_get_string_member(root, "absent"));
	g_assert_null(json_object_get_object_member(root, "a"));
	g_assert_null(json_object_get_array_member(root, "o"));
	g_assert_cmpint(json_object_get_int_member(root, "s"), ==, 0);
	g_assert_cmpint(json_object_get_int_member(root, "d"), ==, 2);
	g_assert_cmpint(json_object_get_int_member_with_default(root, "s", 9), ==, 9);
	g_assert_true(json_object_get_boolean_member_with_default(root, "i", true));
	g_assert_true(json_node_holds_null(json_object_get_member(root, "n")));
	JsonArray *array = json_object_get_array_member(root, "a");
	g_assert_cmpuint(json_array_get_length(array), ==, 2);
	g_assert_null(json_array_get_element(array, 2));
	g_assert_null(json_array_get_string_element(array, 0));
	g_assert_cmpstr(json_array_get_string_element(array, 1), ==, "y");
}

static void test_references(void)
{
	JsonObject *object = json_object_new();
	JsonNode *kept;

	json_object_set_string_member(object, "name", "old");
	kept = json_object_dup_member(object, "name");
	json_object_set_string_member(object, "name", "new");
	g_assert_cmpstr(json_object_get_string_member(object, "name"), ==, "new");
	json_object_remove_member(object, "name");
	g_assert_false(json_object_has_member(object, "name"));
	json_object_unref(object);
	g_assert_cmpstr(json_node_get_string(kept), ==, "old");
	json_node_unref(kept);
}

static void test_refused(void)
{
	g_autofree char *deep = g_strnfill(5000, '[');
	const char *const texts[] = {
		"",	    "{",
		"{} {}",    "{'a':1}",
		"[1,]",	    "/* */ {}",
		"\"\xff\"", "\"\\u0000\"",
		"[01]",	    "9223372036854775808",
		"nil",	    "{\"\\u0000\":1}",
		deep,	    "\"\x01\"",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_test_message("text %zu", i);
		g_assert_null(json_from_string(texts[i], &error));
		g_assert_error(error, FAILURE, EINVAL);
		g_assert_null(failure_cure(error));
	}
}

static void test_parser(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(JsonNode) stolen = NULL;

	g_assert_null(json_parser_get_root(parser));
	g_assert_true(json_parser_load_from_data(parser, "17 rest", 2, NULL));
	g_assert_cmpint(json_node_get_int(json_parser_get_root(parser)), ==, 17);
	g_assert_false(json_parser_load_from_data(parser, "17 rest", -1, NULL));
	g_assert_null(json_parser_get_root(parser));
	g_assert_true(json_parser_load_from_data(parser, "{\"a\":1,\"a\":2}", -1, NULL));
	stolen = json_parser_steal_root(parser);
	g_assert_null(json_parser_get_root(parser));
	assert_text(stolen, "{\"a\":2}");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/builder", test_builder);
	g_test_add_func("/json/large_doubles", test_large_doubles);
	g_test_add_func("/json/what is no JSON is repaired", test_repairs);
	g_test_add_func("/json/other types", test_other_types);
	g_test_add_func("/json/references", test_references);
	g_test_add_func("/json/refused", test_refused);
	g_test_add_func("/json/parser", test_parser);
	return g_test_run();
}
