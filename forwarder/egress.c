/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress - may a flow leave the host, by the rules of this container? */
#include "forwarder/egress.h"

#include <netinet/icmp6.h>
#include <string.h>

#include "forwarder/egress_index.h"
#include "forwarder/egress_pins.h"

struct egress {
	struct egress_context context;
	struct egress_set *set;
	struct egress_index *index;
	bool is_open;
	struct egress_pins *pins;
	GHashTable *hits; /* rule id -> count */
	struct egress_stats stats;
};

/* --- rules --- */

struct egress *egress_new(struct egress_set *set, const struct egress_context *context)
{
	struct egress *egress = g_new0(struct egress, 1);

	egress->context = *context;
	if (!egress->context.now_us)
		egress->context.now_us = g_get_monotonic_time;
	egress->pins = egress_pins_new(context->memory);
	egress->hits = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	egress_replace(egress, set);
	return egress;
}

void egress_free(struct egress *egress)
{
	if (!egress)
		return;
	egress_index_free(egress->index);
	egress_set_free(egress->set);
	egress_pins_free(egress->pins);
	g_hash_table_unref(egress->hits);
	g_free(egress);
}

const struct egress_set *egress_rules(const struct egress *egress)
{
	return egress->set;
}

static gboolean is_gone(gpointer key, gpointer value G_GNUC_UNUSED, gpointer data)
{
	return !g_hash_table_contains(data, key);
}

static void forget_hits(struct egress *egress)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(NULL, NULL);

	g_hash_table_add(ids, GUINT_TO_POINTER(0));
	for (guint i = 0; i < egress->set->rules->len; i++) {
		const struct egress_rule *rule = egress->set->rules->pdata[i];
		g_hash_table_add(ids, GUINT_TO_POINTER(rule->id));
	}
	g_hash_table_foreach_remove(egress->hits, is_gone, ids);
}

void egress_replace(struct egress *egress, struct egress_set *set)
{
	egress_index_free(egress->index);
	egress_set_free(egress->set);
	egress->set = set;
	egress->index = egress_index_new(set);
	egress->is_open = egress_set_is_open(set);
	forget_hits(egress);
}

bool egress_is_open(const struct egress *egress)
{
	return !egress || egress->is_open;
}

static void count_hit(struct egress *egress, unsigned rule_id)
{
	uint64_t *count = g_hash_table_lookup(egress->hits, GUINT_TO_POINTER(rule_id));

	if (!count) {
		count = g_new0(uint64_t, 1);
		g_hash_table_insert(egress->hits, GUINT_TO_POINTER(rule_id), count);
	}
	(*count)++;
}

/* --- DNS --- */

bool egress_may_look_up(struct egress *egress, const char *text)
{
	if (egress_is_open(egress))
		return true;
	g_autofree char *name = egress_name_parse(text, NULL);
	g_autofree char *lower =
		g_ascii_strdown(text, (gssize)strlen(text) - g_str_has_suffix(text, "."));
	const struct egress_rule *rule =
		egress_index_find_name(egress->index, name ? name : lower, name != NULL);
	enum egress_action action = rule ? rule->action : egress->set->fallback;

	if (action == EGRESS_ALLOW)
		return true;
	egress->stats.refused++;
	count_hit(egress, rule ? rule->id : 0);
	denials_note_name(egress->context.denials, name ? name : text, rule ? rule->id : 0);
	return false;
}

static bool is_of_host(const struct egress *egress, const struct ip_address *address)
{
	const struct egress_context *context = &egress->context;

	return context->is_of_host && context->is_of_host(address, context->opaque);
}

static bool is_alias(const struct egress *egress, const struct ip_address *address)
{
	const struct link_network *network =
		link_config_network(egress->context.link, address->family);

	return ip_address_equal(address, &network->gateway) ||
	       ip_address_equal(address, &network->host);
}

static bool is_multicast(const struct ip_address *address)
{
	if (address->family == AF_INET)
		return ntohl(address->v4.s_addr) >= 0xe0000000;
	return IN6_IS_ADDR_MULTICAST(&address->v6);
}

/* What no name may lead to, however much a rule trusts it. */
static bool is_forbidden(const struct egress *egress, const struct ip_address *address)
{
	return ip_address_is_host_loopback(address) || is_multicast(address) ||
	       egress_preset_contains(EGRESS_METADATA, address) || is_alias(egress, address) ||
	       is_of_host(egress, address);
}

static char **copy_names(const struct egress_answer *answer)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < answer->n_names; i++) {
		g_autofree char *name = egress_name_parse(answer->names[i], NULL);
		if (name)
			g_ptr_array_add(names, g_steal_pointer(&name));
		else if (i == 0)
			return NULL;
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_steal(names, NULL);
}

static gint64 expiry_of(const struct egress *egress, const struct egress_answer *answer)
{
	gint64 seconds =
		CLAMP((gint64)answer->ttl, egress->set->pin_seconds, EGRESS_PIN_SECONDS_MAX);

	if (answer->is_configured)
		return G_MAXINT64;
	return egress->context.now_us() + seconds * G_USEC_PER_SEC;
}

/* What only we say of where a name leads. False: it may not lead there. */
static bool judge_pin(const struct egress *egress, struct egress_pin *pin)
{
	struct ip_address embedded;
	bool has_embedded = egress_address_embedded(&pin->address, &embedded);

	pin->is_inner = egress_preset_contains(EGRESS_PRIVATE, &pin->address) ||
			(has_embedded && egress_preset_contains(EGRESS_PRIVATE, &embedded));
	return pin->is_configured || (!is_forbidden(egress, &pin->address) &&
				      !(has_embedded && is_forbidden(egress, &embedded)));
}

void egress_learn(struct egress *egress, const struct egress_answer *answer)
{
	/* What stands for a name leads nowhere else, for whoever has an answer that says so. */
	if (!egress || answer->n_names == 0 ||
	    virtual_names_contain(egress->context.virtual_names, &answer->address))
		return;
	struct egress_pin pin = {
		.address = answer->address,
		.is_configured = answer->is_configured,
	};
	if (!judge_pin(egress, &pin) ||
	    (!pin.is_configured && answer->n_names > EGRESS_PIN_NAMES_MAX)) {
		egress->stats.unpinned++;
		return;
	}
	pin.names = copy_names(answer);
	pin.expires_us = expiry_of(egress, answer);
	if (pin.names)
		egress_pins_add(egress->pins, &pin);
}

static bool on_recalled(struct egress_pin *pin, void *opaque)
{
	const struct egress *egress = opaque;
	gint64 latest_us =
		egress->context.now_us() + (gint64)EGRESS_PIN_SECONDS_MAX * G_USEC_PER_SEC;

	pin->expires_us = MIN(pin->expires_us, latest_us);
	return judge_pin(egress, pin);
}

void egress_recall(struct egress *egress)
{
	egress_pins_recall(egress->pins, on_recalled, egress);
}

/* --- flows --- */

static const struct egress_rule *find_rule(const struct egress *egress,
					   const struct egress_flow *flow, gint64 now_us)
{
	const struct egress_question question = {
		.protocol = flow->protocol == IPPROTO_ICMPV6 ? IPPROTO_ICMP : flow->protocol,
		.address = flow->destination,
		.has_port = flow->has_port,
		.port = flow->port,
		.is_alias = is_alias(egress, &flow->destination),
		.is_virtual =
			virtual_names_contain(egress->context.virtual_names, &flow->destination),
		.name = virtual_names_find(egress->context.virtual_names, &flow->destination),
		.pins = egress_pins_find(egress->pins, &flow->destination),
		.now_us = now_us,
		.is_of_host = egress->context.is_of_host,
		.opaque = egress->context.opaque,
	};

	return egress_index_find(egress->index, &question);
}

bool egress_check(struct egress *egress, const struct egress_flow *flow, unsigned *ret_rule)
{
	*ret_rule = 0;
	if (egress_is_open(egress))
		return true;
	const struct egress_rule *rule = find_rule(egress, flow, egress->context.now_us());
	enum egress_action action = rule ? rule->action : egress->set->fallback;

	*ret_rule = rule ? rule->id : 0;
	count_hit(egress, *ret_rule);
	egress->stats.denied += action == EGRESS_DENY;
	return action == EGRESS_ALLOW;
}

bool egress_may_go_on(struct egress *egress, const struct egress_flow *flow)
{
	if (egress_is_open(egress))
		return true;
	const struct egress_rule *rule = find_rule(egress, flow, G_MININT64);

	return (rule ? rule->action : egress->set->fallback) == EGRESS_ALLOW;
}

void egress_get_stats(const struct egress *egress, struct egress_stats *ret_stats)
{
	*ret_stats = egress->stats;
	ret_stats->pins = egress_pins_count(egress->pins);
}

uint64_t egress_count_hits(const struct egress *egress, unsigned rule_id)
{
	const uint64_t *count = g_hash_table_lookup(egress->hits, GUINT_TO_POINTER(rule_id));

	return count ? *count : 0;
}
