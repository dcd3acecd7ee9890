/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_egress - egress rules, files and sets; what is accepted survives the way there and back */
#include <string.h>

#include <glib.h>

#include "src/egress_set.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"

static void check_rule(enum egress_action action, const char *text)
{
	g_autoptr(GError) error = NULL;
	struct egress_rule *rule = egress_rule_parse(action, text, &error);

	if (!rule) {
		g_assert(error && error->domain == FAILURE);
		return;
	}
	g_assert(rule->first_port <= rule->last_port);
	g_autofree char *printed = egress_rule_to_string(rule);
	struct egress_rule *again = egress_rule_parse(action, printed, NULL);
	g_assert(again && egress_rule_equal(rule, again));
	egress_rule_free(again);
	egress_rule_free(rule);
}

static void check_same(const struct egress_set *a, const struct egress_set *b)
{
	g_assert(b && a->fallback == b->fallback && a->rules->len == b->rules->len);
	for (guint i = 0; i < a->rules->len; i++) {
		const struct egress_rule *x = a->rules->pdata[i], *y = b->rules->pdata[i];
		g_assert(egress_rule_equal(x, y) && x->id == y->id);
	}
}

static void check_set(const struct egress_set *set)
{
	g_autoptr(JsonNode) node = egress_set_to_json(set);
	struct egress_set *again = egress_set_from_json(node, NULL);

	check_same(set, again);
	egress_set_free(again);
}

static void check_file(const char *text)
{
	struct egress_set *set = egress_set_new();

	if (egress_set_take_text(set, text, NULL)) {
		check_set(set);
		struct egress_set *before = egress_set_copy(set);
		/* Read again it is the same. */
		g_assert(egress_set_take_text(set, text, NULL));
		g_assert(set->rules->len == before->rules->len);
		egress_set_free(before);
	}
	egress_set_free(set);
}

static void check_json(const char *text)
{
	g_autoptr(JsonNode) node = strlen(text) < 65536 ? json_from_string(text, NULL) : NULL;
	struct egress_set *set = node ? egress_set_from_json(node, NULL) : NULL;

	if (set)
		check_set(set);
	egress_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_rule(EGRESS_ALLOW, text);
	check_rule(EGRESS_DENY, text);
	check_file(text);
	check_json(text);
	return 0;
}
