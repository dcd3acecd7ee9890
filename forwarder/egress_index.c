/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_index - finds the first rule of a set that matches, however many there are */
#include "forwarder/egress_index.h"

#include <string.h>

#define N_LENGTHS 129
#define NOWHERE	  G_MAXUINT

/* The prefixes of one address family. */
struct family {
	GHashTable *by_length[N_LENGTHS]; /* struct ip_address -> GArray of positions; or NULL */
	unsigned lengths[N_LENGTHS];	  /* those in use */
	unsigned n_lengths;
};

struct egress_index {
	const struct egress_set *set;
	struct family families[2]; /* IPv4, IPv6 */
	GHashTable *names, *ends;  /* text -> GArray of positions */
	GArray *anywhere, *host;   /* of positions */
};

/* What a search has to know of each candidate. */
struct search {
	const struct egress_index *index;
	const struct egress_question *question;
	guint best; /* position, or NOWHERE */
	bool denials_only;
	const struct egress_pin *pin; /* whose names are looked up, or NULL */
};

/* --- making it --- */

static void array_free(gpointer data)
{
	g_array_unref(data);
}

static GArray *positions_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(guint));
}

/* Takes the key. */
static void add_to(GHashTable *table, gpointer key, guint position)
{
	GArray *positions = g_hash_table_lookup(table, key);

	if (positions) {
		g_free(key);
	} else {
		positions = positions_new();
		g_hash_table_insert(table, key, positions);
	}
	g_array_append_val(positions, position);
}

static unsigned family_number(const struct ip_address *address)
{
	return address->family == AF_INET ? 0 : 1;
}

static void add_prefix(struct egress_index *index, const struct ip_prefix *prefix, guint position)
{
	struct family *family = &index->families[family_number(&prefix->address)];
	GHashTable **table = &family->by_length[prefix->length];

	if (!*table) {
		*table = g_hash_table_new_full(ip_address_hash, ip_address_equal_key, g_free,
					       array_free);
		family->lengths[family->n_lengths++] = prefix->length;
	}
	add_to(*table, g_memdup2(&prefix->address, sizeof(prefix->address)), position);
}

static void add_preset(struct egress_index *index, enum egress_target target, guint position)
{
	for (const char *const *text = egress_preset_prefixes(target); *text; text++) {
		struct ip_prefix prefix;

		if (ip_prefix_parse(*text, &prefix, NULL))
			add_prefix(index, &prefix, position);
	}
}

static void add_rule(struct egress_index *index, const struct egress_rule *rule, guint position)
{
	switch (rule->target) {
	case EGRESS_ANYWHERE:
		g_array_append_val(index->anywhere, position);
		break;
	case EGRESS_PREFIX:
		add_prefix(index, &rule->prefix, position);
		break;
	case EGRESS_NAME:
		add_to(index->names, g_strdup(rule->name), position);
		break;
	case EGRESS_BELOW:
		add_to(index->ends, g_strdup(rule->name), position);
		break;
	case EGRESS_PRIVATE:
	case EGRESS_METADATA:
		add_preset(index, rule->target, position);
		break;
	case EGRESS_HOST:
		g_array_append_val(index->host, position);
		break;
	}
}

struct egress_index *egress_index_new(const struct egress_set *set)
{
	struct egress_index *index = g_new0(struct egress_index, 1);

	index->set = set;
	index->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);
	index->ends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);
	index->anywhere = positions_new();
	index->host = positions_new();
	for (guint i = 0; i < set->rules->len; i++)
		add_rule(index, set->rules->pdata[i], i);
	return index;
}

static void family_done(struct family *family)
{
	for (unsigned i = 0; i < family->n_lengths; i++)
		g_hash_table_unref(family->by_length[family->lengths[i]]);
}

void egress_index_free(struct egress_index *index)
{
	if (!index)
		return;
	family_done(&index->families[0]);
	family_done(&index->families[1]);
	g_hash_table_unref(index->names);
	g_hash_table_unref(index->ends);
	g_array_unref(index->anywhere);
	g_array_unref(index->host);
	g_free(index);
}

/* --- asking it --- */

static const struct egress_rule *rule_at(const struct egress_index *index, guint position)
{
	return index->set->rules->pdata[position];
}

/* Whom a name leads to is not for the name's owner to extend. */
static bool may_open(const struct egress_rule *rule, const struct egress_pin *pin)
{
	return rule->action == EGRESS_DENY || pin->is_configured || !pin->is_inner ||
	       rule->trusts_name;
}

/* It has an address of the link's network, which whoever chooses that could put into a rule. */
static bool is_about_alias(const struct egress_rule *rule)
{
	if (rule->target == EGRESS_PREFIX)
		return rule->action == EGRESS_DENY;
	return rule->target != EGRESS_PRIVATE && rule->target != EGRESS_METADATA;
}

static bool is_match(const struct search *search, const struct egress_rule *rule)
{
	const struct egress_question *question = search->question;

	if (search->denials_only && rule->action != EGRESS_DENY)
		return false;
	if (question->is_alias && !is_about_alias(rule))
		return false;
	if (search->pin && !may_open(rule, search->pin))
		return false;
	return egress_rule_fits(rule, question->protocol, question->has_port, question->port);
}

/* positions are in their order; NULL: none. */
static void try(struct search *search, const GArray *positions)
{
	for (guint i = 0; positions && i < positions->len; i++) {
		guint position = g_array_index(positions, guint, i);

		if (position >= search->best)
			return;
		if (is_match(search, rule_at(search->index, position))) {
			search->best = position;
			return;
		}
	}
}

static void try_address(struct search *search, const struct ip_address *address)
{
	const struct family *family = &search->index->families[family_number(address)];

	for (unsigned i = 0; i < family->n_lengths; i++) {
		unsigned length = family->lengths[i];
		struct ip_prefix prefix = ip_prefix_around(address, length);

		try(search, g_hash_table_lookup(family->by_length[length], &prefix.address));
	}
}

static void try_name(struct search *search, const char *name)
{
	try(search, g_hash_table_lookup(search->index->names, name));
	if (g_hash_table_size(search->index->ends) == 0)
		return;
	for (const char *end = strchr(name, '.'); end; end = strchr(end + 1, '.'))
		try(search, g_hash_table_lookup(search->index->ends, end + 1));
}

static bool is_of_host(const struct search *search, const struct ip_address *address)
{
	const struct egress_question *question = search->question;

	return question->is_of_host && question->is_of_host(address, question->opaque);
}

static void try_pin(struct search *search, const struct egress_pin *pin)
{
	guint first = search->best;

	if (pin->expires_us <= search->question->now_us)
		return;
	search->pin = pin;
	try_name(search, pin->names[0]);
	/* It may have become the host's since it was learnt. */
	if (search->best != first && !pin->is_configured &&
	    is_of_host(search, &search->question->address)) {
		search->best = first;
		search->denials_only = true;
		try_name(search, pin->names[0]);
	}
	/* An alias is the choice of whoever owns the name: it opens nothing. */
	search->denials_only = true;
	for (char **name = pin->names + 1; *name; name++)
		try_name(search, *name);
	search->denials_only = false;
	search->pin = NULL;
}

static void try_host(struct search *search, const struct ip_address *address)
{
	guint first = search->best;

	if (search->index->host->len == 0)
		return;
	try(search, search->index->host);
	if (search->best != first && !search->question->is_alias && !is_of_host(search, address))
		search->best = first;
}

const struct egress_rule *egress_index_find(const struct egress_index *index,
					    const struct egress_question *question)
{
	struct search search = {.index = index, .question = question, .best = NOWHERE};
	struct ip_address embedded;

	try(&search, index->anywhere);
	if (question->is_virtual) {
		if (question->name)
			try_name(&search, question->name);
		return search.best == NOWHERE ? NULL : rule_at(index, search.best);
	}
	try_address(&search, &question->address);
	if (egress_address_embedded(&question->address, &embedded)) {
		search.denials_only = true;
		try_address(&search, &embedded);
		try_host(&search, &embedded);
		search.denials_only = false;
	}
	for (const struct egress_pin *pin = question->pins; pin; pin = pin->next)
		try_pin(&search, pin);
	try_host(&search, &question->address);
	return search.best == NOWHERE ? NULL : rule_at(index, search.best);
}

/* For a look-up a rule that denies some protocol or port alone is none. */
static void try_look_up(struct search *search, const GArray *positions)
{
	for (guint i = 0; positions && i < positions->len; i++) {
		guint position = g_array_index(positions, guint, i);
		const struct egress_rule *rule = rule_at(search->index, position);

		if (position >= search->best)
			return;
		if (rule->action == EGRESS_ALLOW ? !search->denials_only
						 : !rule->protocol && !rule->first_port) {
			search->best = position;
			return;
		}
	}
}

const struct egress_rule *egress_index_find_name(const struct egress_index *index, const char *name,
						 bool is_host_name)
{
	struct search search = {.index = index, .best = NOWHERE};

	try_look_up(&search, index->anywhere);
	search.denials_only = !is_host_name;
	try_look_up(&search, g_hash_table_lookup(index->names, name));
	for (const char *end = strchr(name, '.'); end; end = strchr(end + 1, '.'))
		try_look_up(&search, g_hash_table_lookup(index->ends, end + 1));
	return search.best == NOWHERE ? NULL : rule_at(index, search.best);
}
