/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_tally - what has come in through the published ports, rule by rule */
#include "forwarder/port_tally.h"

#include <stdatomic.h>

struct port_tallies {
	GHashTable *by_id; /* rule id -> struct port_tally */
};

static void release(gpointer data)
{
	struct port_tally *tally = data;

	if (atomic_fetch_sub(&tally->n_holders, 1) == 1)
		g_free(tally);
}

struct port_tally *port_tally_open(struct port_tally *tally)
{
	if (!tally)
		return NULL;
	atomic_fetch_add_explicit(&tally->n_holders, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&tally->flows, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&tally->active, 1, memory_order_relaxed);
	return tally;
}

void port_tally_close(struct port_tally *tally)
{
	if (!tally)
		return;
	atomic_fetch_sub_explicit(&tally->active, 1, memory_order_relaxed);
	release(tally);
}

void port_tally_count(struct port_tally *tally, uint64_t from_command, uint64_t to_command)
{
	if (!tally)
		return;
	if (from_command)
		atomic_fetch_add_explicit(&tally->bytes_from_command, from_command,
					  memory_order_relaxed);
	if (to_command)
		atomic_fetch_add_explicit(&tally->bytes_to_command, to_command,
					  memory_order_relaxed);
}

struct port_tallies *port_tallies_new(void)
{
	struct port_tallies *tallies = g_new0(struct port_tallies, 1);

	tallies->by_id = g_hash_table_new_full(NULL, NULL, NULL, release);
	return tallies;
}

void port_tallies_free(struct port_tallies *tallies)
{
	if (!tallies)
		return;
	g_hash_table_unref(tallies->by_id);
	g_free(tallies);
}

struct port_tally *port_tallies_obtain(struct port_tallies *tallies, unsigned rule_id)
{
	struct port_tally *tally = g_hash_table_lookup(tallies->by_id, GUINT_TO_POINTER(rule_id));

	if (tally)
		return tally;
	tally = g_new0(struct port_tally, 1);
	tally->n_holders = 1;
	g_hash_table_insert(tallies->by_id, GUINT_TO_POINTER(rule_id), tally);
	return tally;
}

static bool leads_to(const struct port_rule *rule, const struct port_guest *guest)
{
	bool has_address = rule->guest.family && !ip_address_is_any(&rule->guest);

	return rule->protocol == guest->protocol && guest->port >= rule->guest_first &&
	       guest->port - rule->guest_first < (int)port_rule_size(rule) &&
	       (has_address ? ip_address_equal(&rule->guest, guest->address) : guest->is_own);
}

static const struct port_rule *find_rule(const GArray *rules, const struct port_guest *guest)
{
	for (guint i = 0; i < rules->len; i++) {
		const struct port_rule *rule = &g_array_index(rules, struct port_rule, i);

		if (leads_to(rule, guest))
			return rule;
	}
	return NULL;
}

bool port_tallies_has_guest(const GArray *rules, const struct port_guest *guest)
{
	return find_rule(rules, guest) != NULL;
}

struct port_tally *port_tallies_find_guest(struct port_tallies *tallies, const GArray *rules,
					   const struct port_guest *guest)
{
	const struct port_rule *rule = find_rule(rules, guest);

	return rule ? port_tallies_obtain(tallies, rule->id) : NULL;
}

const struct port_tally *port_tallies_get(const struct port_tallies *tallies, unsigned id)
{
	return g_hash_table_lookup(tallies->by_id, GUINT_TO_POINTER(id));
}

static gboolean is_gone(gpointer key, gpointer value G_GNUC_UNUSED, gpointer data)
{
	const GArray *rules = data;

	for (guint i = 0; i < rules->len; i++)
		if (g_array_index(rules, struct port_rule, i).id == GPOINTER_TO_UINT(key))
			return FALSE;
	return TRUE;
}

void port_tallies_prune(struct port_tallies *tallies, const GArray *rules)
{
	/* As many as there are rules cost nothing, and no search. */
	if (g_hash_table_size(tallies->by_id) > rules->len)
		g_hash_table_foreach_remove(tallies->by_id, is_gone, (gpointer)rules);
}
