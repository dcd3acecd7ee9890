/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_set_file - the rules of a file, as a part of an egress set */
#include <errno.h>
#include <string.h>

#include "src/egress_set.h"
#include "src/failure.h"
#include "src/text_file.h"

#define FILE_CURE "give a text file with one rule a line: allow RULE, deny RULE"

struct reader {
	GPtrArray *rules; /* of struct egress_rule */
	bool has_fallback;
	enum egress_action fallback;
};

static bool take_words(struct reader *reader, const char *verb, const char *operand, GError **error)
{
	enum egress_action action;

	if (g_str_equal(verb, "default")) {
		reader->has_fallback = egress_action_parse(operand, &reader->fallback, error);
		return reader->has_fallback;
	}
	if (!egress_action_parse(verb, &action, NULL)) {
		g_autofree char *printable = g_strescape(verb, NULL);
		failure_set(error, EINVAL, "begin it with allow, deny or default",
			    "there is no '%s' in an egress file", printable);
		return false;
	}
	struct egress_rule *rule = egress_rule_parse(action, operand, error);
	if (!rule)
		return false;
	rule->is_from_file = true;
	g_ptr_array_add(reader->rules, rule);
	return true;
}

static bool take_line(struct reader *reader, char *line, GError **error)
{
	line[strcspn(line, "#")] = '\0';
	g_strstrip(line);
	if (!*line)
		return true;
	char *operand = line + strcspn(line, " \t");
	if (*operand)
		*operand++ = '\0';
	g_strchug(operand);
	if (*operand && !strpbrk(operand, " \t"))
		return take_words(reader, line, operand, error);
	failure_set(error, EINVAL, "write one rule a line: allow RULE, deny RULE",
		    "it takes one word behind the first");
	return false;
}

static char *describe(const struct egress_rule *rule)
{
	g_autofree char *text = egress_rule_to_string(rule);

	return g_strdup_printf("%s %s", egress_action_name(rule->action), text);
}

/* Takes the rules of the file out of the set; returns their ids by their texts. */
static GHashTable *take_old(struct egress_set *set)
{
	GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = set->rules->len; i-- > 0;) {
		const struct egress_rule *rule = set->rules->pdata[i];

		if (!rule->is_from_file)
			break;
		g_hash_table_insert(ids, describe(rule), GUINT_TO_POINTER(rule->id));
		g_ptr_array_set_size(set->rules, (gint)i);
	}
	return ids;
}

static void replace(struct egress_set *set, const struct reader *reader)
{
	g_autoptr(GHashTable) ids = take_old(set);

	for (guint i = 0; i < reader->rules->len; i++) {
		struct egress_rule *rule = g_steal_pointer(&reader->rules->pdata[i]);
		g_autofree char *text = describe(rule);

		rule->id = GPOINTER_TO_UINT(g_hash_table_lookup(ids, text));
		g_hash_table_remove(ids, text);
		if (!rule->id)
			rule->id = ++set->last_id;
		g_ptr_array_add(set->rules, rule);
	}
	if (reader->has_fallback && !set->is_fallback_fixed)
		set->fallback = reader->fallback;
}

static void rule_free(gpointer data)
{
	egress_rule_free(data);
}

bool egress_set_take_text(struct egress_set *set, const char *text, GError **error)
{
	struct reader reader = {.rules = g_ptr_array_new_with_free_func(rule_free)};
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	bool ok = true;

	for (guint i = 0; ok && lines[i]; i++) {
		ok = take_line(&reader, lines[i], error);
		if (!ok)
			g_prefix_error(error, "line %u: ", i + 1);
	}
	/* Those of the old file go. */
	ok = ok && egress_set_check_size(egress_set_n_own(set) + reader.rules->len, error);
	if (ok)
		replace(set, &reader);
	g_ptr_array_unref(reader.rules);
	return ok;
}

char *egress_set_read_file(const char *path, GError **error)
{
	const struct text_file file = {
		.what = "the egress file",
		.path = path,
		.max = EGRESS_FILE_MAX,
		.cure = FILE_CURE,
	};
	size_t size = 0;
	g_autofree char *text = text_file_read(&file, &size, error);

	if (!text || strlen(text) == size)
		return g_steal_pointer(&text);
	failure_set(error, EINVAL, FILE_CURE, "%s is no text", path);
	return NULL;
}

bool egress_set_take_file(struct egress_set *set, const char *path, GError **error)
{
	g_autofree char *text = egress_set_read_file(path, error);

	if (!text)
		return false;
	if (!egress_set_take_text(set, text, error)) {
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	g_free(set->file);
	set->file = g_canonicalize_filename(path, NULL);
	return true;
}
