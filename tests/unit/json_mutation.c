/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_mutation - messages that are wrong in one value */
#include "tests/unit/json_mutation.h"

#include "src/json.h"

static const char *const values[] = {
	"null",	       "true",	"-1",	   "0",	 "1.5",	       "18446744073709551615",
	"\"\"",	       "\"x\"", "\"tap\"", "[]", "[null]",     "[1]",
	"[\"tap\",7]", "[[]]",	"[{}]",	   "{}", "{\"a\":{}}",
};

static void try_object(JsonNode *root, JsonObject *object, json_mutation_function try);

static void try_root(JsonNode *root, json_mutation_function try)
{
	g_autofree char *text = json_to_string(root, FALSE);

	try(text);
}

static void try_member(JsonNode *root, JsonObject *object, const char *name,
		       json_mutation_function try)
{
	g_autoptr(JsonNode) original = json_node_ref(json_object_get_member(object, name));

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		json_object_set_member(object, name, json_from_string(values[i], NULL));
		try_root(root, try);
	}
	json_object_remove_member(object, name);
	try_root(root, try);
	json_object_set_member(object, name, json_node_ref(original));
	if (JSON_NODE_HOLDS_OBJECT(original))
		try_object(root, json_node_get_object(original), try);
	if (JSON_NODE_HOLDS_ARRAY(original) &&
	    JSON_NODE_HOLDS_OBJECT(json_array_get_element(json_node_get_array(original), 0)))
		try_object(root, json_array_get_object_element(json_node_get_array(original), 0),
			   try);
}

static void try_object(JsonNode *root, JsonObject *object, json_mutation_function try)
{
	g_autoptr(GList) members = json_object_get_members(object);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	/* The object's own names die with its members. */
	for (GList *member = members; member; member = member->next)
		g_ptr_array_add(names, g_strdup(member->data));
	for (guint i = 0; i < names->len; i++)
		try_member(root, object, names->pdata[i], try);
}

void json_mutation_try(const char *text, json_mutation_function try)
{
	g_autoptr(JsonNode) root = json_from_string(text, NULL);

	g_assert_nonnull(root);
	try_object(root, json_node_get_object(root), try);
}
