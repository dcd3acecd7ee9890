/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_set - what may leave: rules in their order, and what holds where none matches */
#include "src/egress_set.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"

static void rule_free(gpointer data)
{
	egress_rule_free(data);
}

static GPtrArray *rules_new(void)
{
	return g_ptr_array_new_with_free_func(rule_free);
}

struct egress_set *egress_set_new(void)
{
	struct egress_set *set = g_new0(struct egress_set, 1);

	set->pin_seconds = EGRESS_PIN_SECONDS;
	set->rules = rules_new();
	return set;
}

static gpointer rule_copy(gconstpointer source, gpointer data G_GNUC_UNUSED)
{
	const struct egress_rule *rule = source;
	struct egress_rule *copy = g_memdup2(rule, sizeof(*rule));

	copy->name = g_strdup(rule->name);
	return copy;
}

struct egress_set *egress_set_copy(const struct egress_set *set)
{
	struct egress_set *copy = g_memdup2(set, sizeof(*set));

	copy->file = g_strdup(set->file);
	copy->rules = rules_new();
	g_ptr_array_extend(copy->rules, set->rules, rule_copy, NULL);
	return copy;
}

void egress_set_free(struct egress_set *set)
{
	if (!set)
		return;
	g_free(set->file);
	g_ptr_array_unref(set->rules);
	g_free(set);
}

bool egress_set_is_open(const struct egress_set *set)
{
	for (guint i = 0; i < set->rules->len; i++)
		if (((const struct egress_rule *)set->rules->pdata[i])->action == EGRESS_DENY)
			return false;
	return set->fallback == EGRESS_ALLOW;
}

guint egress_set_n_own(const struct egress_set *set)
{
	guint i = 0;

	while (i < set->rules->len &&
	       !((const struct egress_rule *)set->rules->pdata[i])->is_from_file)
		i++;
	return i;
}

static bool find_position(const struct egress_set *set, unsigned id, guint *ret_position)
{
	for (guint i = 0; i < set->rules->len; i++) {
		if (((const struct egress_rule *)set->rules->pdata[i])->id == id) {
			*ret_position = i;
			return true;
		}
	}
	return false;
}

bool egress_set_check_size(guint n_rules, GError **error)
{
	if (n_rules <= EGRESS_RULES_MAX)
		return true;
	failure_set(error, E2BIG, "cover many by one: a prefix, or *.NAME",
		    "more than %d egress rules", EGRESS_RULES_MAX);
	return false;
}

bool egress_set_add(struct egress_set *set, struct egress_rule *rule, unsigned before,
		    GError **error)
{
	guint position = egress_set_n_own(set);

	if (!egress_set_check_size(set->rules->len + 1, error)) {
		egress_rule_free(rule);
		return false;
	}
	if (before &&
	    (!find_position(set, before, &position) || position >= egress_set_n_own(set))) {
		failure_set(error, ENOENT, "netns-ctl NAME egress ls shows the ids",
			    "there is no egress rule %u to put another before, or the file has it",
			    before);
		egress_rule_free(rule);
		return false;
	}
	rule->id = ++set->last_id;
	rule->is_from_file = false;
	g_ptr_array_insert(set->rules, (gint)position, rule);
	return true;
}

static int rank(const struct egress_rule *rule, enum egress_action fallback)
{
	return rule->is_from_file ? 2 : rule->action != fallback;
}

static gint compare_ranks(gconstpointer a, gconstpointer b, gpointer set)
{
	enum egress_action fallback = ((const struct egress_set *)set)->fallback;

	return rank(*(struct egress_rule *const *)a, fallback) -
	       rank(*(struct egress_rule *const *)b, fallback);
}

void egress_set_put_exceptions_first(struct egress_set *set)
{
	/* It is a stable sort. */
	g_ptr_array_sort_with_data(set->rules, compare_ranks, set);
}

const struct egress_rule *egress_set_find(const struct egress_set *set, unsigned id)
{
	guint position;

	return find_position(set, id, &position) ? set->rules->pdata[position] : NULL;
}

const struct egress_rule *egress_set_find_equal(const struct egress_set *set,
						const struct egress_rule *rule)
{
	for (guint i = 0; i < set->rules->len; i++)
		if (egress_rule_equal(set->rules->pdata[i], rule))
			return set->rules->pdata[i];
	return NULL;
}

void egress_set_remove(struct egress_set *set, unsigned id)
{
	guint position;

	if (find_position(set, id, &position))
		g_ptr_array_remove_index(set->rules, position);
}
