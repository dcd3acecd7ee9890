/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_table - the published ports of one container, over whichever link carries them */
#include "forwarder/port_table.h"

#include <errno.h>
#include <unistd.h>

#include "forwarder/host_socket.h"
#include "forwarder/port_plan.h"
#include "src/failure.h"

/*
 * How it works
 *
 * A change first publishes what is new, sharing sockets with what will go, and only then ends the
 * latter: until the last new port is there nothing is lost, and if one cannot be had the new ones
 * just end. The exception are new ports that the kernel refuses because of old ones which will go,
 * 0.0.0.0:80 after 127.0.0.1:80: those are suspended first, and resumed when something fails.
 */

struct port_table {
	struct port_context context;
	GPtrArray *publications; /* of struct port_publication */
	GArray *rules;		 /* of struct port_rule: theirs */
	unsigned last_id;
	port_table_observer observer; /* or NULL */
	void *opaque;
};

/* A change on its way. */
struct change {
	struct port_table *table;
	GPtrArray *gone;      /* of struct port_publication in the table: will end */
	GPtrArray *suspended; /* those of gone whose sockets have ended already */
	GPtrArray *added;     /* of struct port_publication, not in the table yet */
};

struct port_table *port_table_new(const struct link_config *link,
				  const struct port_backend *backend)
{
	struct port_table *table = g_new0(struct port_table, 1);

	table->context = (struct port_context){*link, *backend};
	table->publications = g_ptr_array_new();
	table->rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	return table;
}

void port_table_free(struct port_table *table)
{
	if (!table)
		return;
	/* From the end, as the backends keep them: the newest is found first. */
	for (guint i = table->publications->len; i-- > 0;)
		port_publication_free(&table->context, g_ptr_array_index(table->publications, i),
				      false);
	g_ptr_array_unref(table->publications);
	g_array_unref(table->rules);
	g_free(table);
}

void port_table_observe(struct port_table *table, port_table_observer observer, void *opaque)
{
	table->observer = observer;
	table->opaque = opaque;
}

void port_table_copy(const struct port_table *table, struct port_set *set)
{
	for (guint i = 0; i < table->publications->len; i++)
		port_publication_copy(g_ptr_array_index(table->publications, i), set);
}

const GArray *port_table_rules(const struct port_table *table)
{
	return table->rules;
}

/* --- what is there already --- */

static bool contains(const GPtrArray *publications, const struct port_publication *publication)
{
	return publications && g_ptr_array_find((GPtrArray *)publications, publication, NULL);
}

static bool is_wished(const struct port_wish *wish, const struct port_publication *publication)
{
	if (!wish->sockets)
		return port_plan_is_same(&wish->rule, &publication->rule);
	return wish->sockets->len == 1 &&
	       port_publication_has_socket(publication, &wish->rule,
					   g_array_index(wish->sockets, int, 0));
}

static struct port_publication *find_wished(const struct change *change,
					    const struct port_wish *wish)
{
	const GPtrArray *publications = change->table->publications;

	for (guint i = 0; i < publications->len; i++) {
		struct port_publication *publication = g_ptr_array_index(publications, i);
		if (is_wished(wish, publication) && !contains(change->gone, publication))
			return publication;
	}
	return NULL;
}

/* The kernel could only say that the port is ours; which rule it is, we know. */
static bool check_overlap(const GPtrArray *publications, const GPtrArray *gone,
			  const struct port_rule *rule, GError **error)
{
	for (guint i = 0; rule->host_first && i < publications->len; i++) {
		const struct port_publication *other = g_ptr_array_index(publications, i);
		g_autofree char *text = NULL;

		bool overlaps = other->rule.source[0] ? port_publication_takes(other, rule)
						      : port_plan_overlap(rule, &other->rule);
		if (!overlaps || contains(gone, other))
			continue;
		text = port_rule_to_string(&other->rule);
		failure_set(error, EADDRINUSE, "remove that rule first, or take other ports",
			    "this container already publishes %s, with id %u", text,
			    other->rule.id);
		return false;
	}
	return true;
}

/* --- one change --- */

static void change_init(struct change *change, struct port_table *table)
{
	*change = (struct change){
		.table = table,
		.gone = g_ptr_array_new(),
		.suspended = g_ptr_array_new(),
		.added = g_ptr_array_new(),
	};
}

static void change_done(struct change *change)
{
	g_ptr_array_unref(change->gone);
	g_ptr_array_unref(change->suspended);
	g_ptr_array_unref(change->added);
}

/* Suspends what will go and is in the rule's way. False if there is nothing. */
static bool suspend_for(struct change *change, const struct port_rule *rule)
{
	guint n_before = change->suspended->len;

	for (guint i = change->gone->len; i-- > 0;) {
		struct port_publication *old = g_ptr_array_index(change->gone, i);

		if (!port_plan_overlap(rule, &old->rule) || old->rule.source[0] ||
		    contains(change->suspended, old))
			continue;
		port_publication_suspend(&change->table->context, old);
		g_ptr_array_add(change->suspended, old);
	}
	return change->suspended->len > n_before;
}

static struct port_publication *publish(struct change *change, const struct port_wish *wish,
					const struct port_rule *rule, GError **error)
{
	const struct port_context *context = &change->table->context;
	g_autoptr(GError) cause = NULL;
	struct port_publication *publication;

	if (wish->sockets) {
		publication = port_publication_adopt(context, rule, wish->sockets, error);
		g_array_set_size(wish->sockets, 0);
		return publication;
	}
	publication = port_publication_new(context, rule, change->gone, &cause);
	if (!publication && cause->code == EADDRINUSE && suspend_for(change, rule)) {
		g_clear_error(&cause);
		publication = port_publication_new(context, rule, change->gone, &cause);
	}
	if (!publication)
		g_propagate_error(error, g_steal_pointer(&cause));
	return publication;
}

static bool check_place(const struct change *change, const struct port_rule *rule, GError **error)
{
	return check_overlap(change->table->publications, change->gone, rule, error) &&
	       check_overlap(change->added, NULL, rule, error);
}

/* An inherited socket is at a port, though its rule names none. What is no socket fails later. */
static bool check_sockets(const struct change *change, const struct port_wish *wish, GError **error)
{
	for (guint i = 0; wish->rule.source[0] && wish->sockets && i < wish->sockets->len; i++) {
		struct host_place place;

		if (!host_socket_inspect(g_array_index(wish->sockets, int, i), &place, NULL))
			continue;
		const struct port_rule rule = {.protocol = place.protocol,
					       .host = place.address,
					       .host_first = place.port,
					       .host_last = place.port};
		if (!check_place(change, &rule, error))
			return false;
	}
	return true;
}

/* Publishes one wish, or finds that it is there; NULL on error. */
static const struct port_publication *fulfil(struct change *change, const struct port_wish *wish,
					     GError **error)
{
	struct port_rule rule = wish->rule;
	const struct port_publication *there = find_wished(change, wish);

	if (there)
		return there;
	if (!check_place(change, &rule, error) || !check_sockets(change, wish, error))
		return NULL;
	if (!rule.id)
		rule.id = change->table->last_id + change->added->len + 1;
	struct port_publication *publication = publish(change, wish, &rule, error);
	if (publication)
		g_ptr_array_add(change->added, publication);
	return publication;
}

/* Everything is as it was, but for ports that somebody else has taken within the last moment. */
static void roll_back(struct change *change)
{
	const struct port_context *context = &change->table->context;

	port_publication_reclaim(change->gone);
	for (guint i = change->added->len; i-- > 0;)
		port_publication_free(context, g_ptr_array_index(change->added, i), false);
	for (guint i = change->suspended->len; i-- > 0;)
		port_publication_resume(context, g_ptr_array_index(change->suspended, i), NULL);
}

static void observe(struct change *change)
{
	struct port_table *table = change->table;
	g_autoptr(GArray) removed = g_array_new(FALSE, FALSE, sizeof(unsigned));
	struct port_set added;

	if (!table->observer || (!change->gone->len && !change->added->len))
		return;
	port_set_init(&added);
	for (guint i = 0; i < change->gone->len; i++) {
		const struct port_publication *gone = g_ptr_array_index(change->gone, i);
		g_array_append_val(removed, gone->rule.id);
	}
	for (guint i = 0; i < change->added->len; i++)
		port_publication_copy(g_ptr_array_index(change->added, i), &added);
	table->observer(removed, &added, table->opaque);
	port_set_done(&added);
}

/* The table without what goes and with what comes. */
static void settle(struct change *change)
{
	struct port_table *table = change->table;
	GPtrArray *kept = g_ptr_array_new();

	observe(change);
	for (guint i = 0; i < table->publications->len; i++)
		if (!contains(change->gone, g_ptr_array_index(table->publications, i)))
			g_ptr_array_add(kept, g_ptr_array_index(table->publications, i));
	g_ptr_array_extend(kept, change->added, NULL, NULL);
	for (guint i = change->gone->len; i-- > 0;)
		port_publication_free(&table->context, g_ptr_array_index(change->gone, i), true);
	g_ptr_array_unref(table->publications);
	table->publications = kept;
	g_array_set_size(table->rules, 0);
	for (guint i = 0; i < kept->len; i++) {
		const struct port_publication *publication = g_ptr_array_index(kept, i);
		g_array_append_val(table->rules, publication->rule);
		table->last_id = MAX(table->last_id, publication->rule.id);
	}
}

static void close_sockets(const struct port_wish *wish)
{
	for (guint i = 0; wish->sockets && i < wish->sockets->len; i++)
		close(g_array_index(wish->sockets, int, i));
}

/* Fulfils the wishes and ends what is gone, or nothing. */
static bool apply(struct change *change, const GArray *wishes, GArray *ret_rules, GError **error)
{
	g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	guint n_wishes = wishes ? wishes->len : 0;
	bool ok = true;

	for (guint i = 0; i < n_wishes; i++) {
		const struct port_wish *wish = &g_array_index(wishes, struct port_wish, i);
		const struct port_publication *publication =
			ok ? fulfil(change, wish, error) : NULL;

		ok = publication != NULL;
		if (ok)
			g_array_append_val(rules, publication->rule);
		close_sockets(wish);
	}
	if (!ok) {
		roll_back(change);
		return false;
	}
	settle(change);
	if (ret_rules)
		g_array_append_vals(ret_rules, rules->data, rules->len);
	return true;
}

/* --- changes --- */

static struct port_publication *find_id(const struct port_table *table, unsigned id)
{
	for (guint i = 0; i < table->publications->len; i++) {
		struct port_publication *publication = g_ptr_array_index(table->publications, i);
		if (publication->rule.id == id)
			return publication;
	}
	return NULL;
}

static bool choose_gone(struct change *change, const GArray *remove, GError **error)
{
	for (guint i = 0; remove && i < remove->len; i++) {
		unsigned id = g_array_index(remove, unsigned, i);
		struct port_publication *publication = find_id(change->table, id);

		if (!publication) {
			failure_set(error, ENOENT, "netns-ctl NAME port ls shows what is published",
				    "no published port has the id %u", id);
			return false;
		}
		if (!contains(change->gone, publication))
			g_ptr_array_add(change->gone, publication);
	}
	return true;
}

bool port_table_change(struct port_table *table, const GArray *wishes, const GArray *remove,
		       GArray *ret_rules, GError **error)
{
	struct change change;
	bool ok;

	change_init(&change, table);
	ok = choose_gone(&change, remove, error);
	if (ok)
		ok = apply(&change, wishes, ret_rules, error);
	else
		for (guint i = 0; wishes && i < wishes->len; i++)
			close_sockets(&g_array_index(wishes, struct port_wish, i));
	change_done(&change);
	return ok;
}

/* Any free port is meant, and this rule is for one. */
static bool is_content_with(const struct port_wish *wish,
			    const struct port_publication *publication)
{
	struct port_rule rule = wish->rule;

	if (wish->sockets || rule.host_first)
		return is_wished(wish, publication);
	rule.host_first = publication->rule.host_first;
	rule.host_last = publication->rule.host_last;
	return port_rule_size(&rule) == 1 && port_plan_is_same(&rule, &publication->rule);
}

/* Makes wishes for what is there exact, one for one; what nobody wishes will go. */
static void choose_others(struct change *change, GArray *wishes)
{
	GPtrArray *publications = change->table->publications;
	g_autofree bool *taken = g_new0(bool, wishes->len + 1);

	for (guint i = 0; i < publications->len; i++) {
		struct port_publication *publication = g_ptr_array_index(publications, i);
		guint k = 0;

		while (k < wishes->len &&
		       (taken[k] ||
			!is_content_with(&g_array_index(wishes, struct port_wish, k), publication)))
			k++;
		if (k == wishes->len) {
			g_ptr_array_add(change->gone, publication);
			continue;
		}
		struct port_wish *wish = &g_array_index(wishes, struct port_wish, k);
		taken[k] = true;
		wish->rule.host_first = publication->rule.host_first;
		wish->rule.host_last = publication->rule.host_last;
	}
}

bool port_table_replace(struct port_table *table, const GArray *wishes, GArray *ret_rules,
			GError **error)
{
	g_autoptr(GArray) exact = g_array_copy((GArray *)wishes);
	struct change change;

	change_init(&change, table);
	choose_others(&change, exact);
	bool ok = apply(&change, exact, ret_rules, error);
	change_done(&change);
	return ok;
}

bool port_table_add(struct port_table *table, const struct port_rule *rule,
		    struct port_rule *ret_rule, GError **error)
{
	g_autoptr(GArray) wishes = g_array_new(FALSE, FALSE, sizeof(struct port_wish));
	g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	const struct port_wish wish = {.rule = *rule};

	for (guint i = 0; i < table->rules->len; i++) {
		const struct port_rule *other = &g_array_index(table->rules, struct port_rule, i);
		if (!port_plan_is_same(rule, other))
			continue;
		g_autofree char *text = port_rule_to_string(other);
		failure_set(error, EEXIST, NULL, "%s is already published, with id %u", text,
			    other->id);
		return false;
	}
	g_array_append_val(wishes, wish);
	if (!port_table_change(table, wishes, NULL, rules, error))
		return false;
	*ret_rule = g_array_index(rules, struct port_rule, 0);
	return true;
}

bool port_table_remove(struct port_table *table, unsigned id)
{
	g_autoptr(GArray) remove = g_array_new(FALSE, FALSE, sizeof(unsigned));

	g_array_append_val(remove, id);
	return port_table_change(table, NULL, remove, NULL, NULL);
}
