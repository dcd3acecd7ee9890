/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_table - the published ports of one container, over whichever link carries them */
#include "forwarder/port_table.h"

#include <errno.h>

#include "forwarder/port_error.h"
#include "forwarder/port_probe.h"
#include "src/failure.h"

/*
 * How it works
 *
 * A rule becomes one binding per address family, and a binding one call of the backend per port.
 * The first call that fails takes back all that were made for its rule. A free port (host port 0)
 * is found with sockets of our own, which are closed before the backend takes the port; when
 * somebody is faster, the next one is tried.
 */

#define FREE_PORT_ATTEMPTS 8

/* One family of a rule. optional: an unset host address, for which IPv4 alone will do. */
struct binding {
	struct ip_address host, guest;
	bool is_optional;
};

/* All families of a rule. */
struct bindings {
	struct binding of[2];
	unsigned n;
};

struct port_table {
	struct link_config link;
	struct port_backend backend;
	GArray *rules;	  /* of struct port_rule */
	GArray *bindings; /* of struct bindings, one for each rule: what is really published */
	unsigned last_id;
};

struct port_table *port_table_new(const struct link_config *link,
				  const struct port_backend *backend)
{
	struct port_table *table = g_new0(struct port_table, 1);

	table->link = *link;
	table->backend = *backend;
	table->rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	table->bindings = g_array_new(FALSE, FALSE, sizeof(struct bindings));
	return table;
}

static void unpublish_ports(struct port_table *table, const struct port_rule *rule,
			    const struct binding *binding, unsigned n_ports)
{
	const struct port_backend *backend = &table->backend;

	while (n_ports-- > 0)
		backend->unpublish(backend->opaque, rule->protocol, &binding->host,
				   (uint16_t)(rule->host_first + n_ports));
}

static void unpublish_bindings(struct port_table *table, const struct port_rule *rule,
			       const struct bindings *bindings)
{
	for (unsigned i = 0; i < bindings->n; i++)
		unpublish_ports(table, rule, &bindings->of[i], port_rule_size(rule));
}

static void remove_index(struct port_table *table, guint index)
{
	unpublish_bindings(table, &g_array_index(table->rules, struct port_rule, index),
			   &g_array_index(table->bindings, struct bindings, index));
	g_array_remove_index(table->rules, index);
	g_array_remove_index(table->bindings, index);
}

void port_table_free(struct port_table *table)
{
	if (!table)
		return;
	while (table->rules->len > 0)
		remove_index(table, table->rules->len - 1);
	g_array_unref(table->rules);
	g_array_unref(table->bindings);
	g_free(table);
}

static bool check_rule(const struct port_rule *rule, GError **error)
{
	unsigned last_offset = port_rule_size(rule) - 1;

	if (rule->protocol != IPPROTO_TCP && rule->protocol != IPPROTO_UDP) {
		failure_set(error, EINVAL, NULL, "ports of protocol %d cannot be published",
			    rule->protocol);
		return false;
	}
	if (rule->host_last < rule->host_first || (!rule->host_first && rule->host_last) ||
	    !rule->guest_first || rule->guest_first + last_offset > G_MAXUINT16) {
		failure_set(error, EINVAL, NULL, "ports %u-%u cannot lead to ports from %u",
			    rule->host_first, rule->host_last, rule->guest_first);
		return false;
	}
	return true;
}

static void add_binding(struct bindings *bindings, const struct port_rule *rule,
			const struct link_network *network)
{
	struct binding *binding = &bindings->of[bindings->n++];

	if (rule->host.family)
		binding->host = rule->host;
	else
		binding->host = (struct ip_address){.family = network->command.family};
	binding->guest = rule->guest.family ? rule->guest : network->command;
}

/* Which families the rule is for. */
static bool expand_rule(const struct port_table *table, const struct port_rule *rule,
			struct bindings *ret_bindings, GError **error)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6};
	struct bindings bindings = {.n = 0};
	sa_family_t wanted = rule->host.family ? rule->host.family : rule->guest.family;

	if (rule->guest.family && rule->guest.family != wanted) {
		failure_set(error, EINVAL, "give both addresses of one family",
			    "a port of an %s address cannot lead to an %s address",
			    wanted == AF_INET ? "IPv4" : "IPv6",
			    wanted == AF_INET ? "IPv6" : "IPv4");
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		const struct link_network *network = link_config_network(&table->link, families[i]);

		if (network->enabled && (!wanted || wanted == families[i]))
			add_binding(&bindings, rule, network);
	}
	if (bindings.n == 0) {
		failure_set(error, EAFNOSUPPORT, NULL, "the container has no %s",
			    wanted == AF_INET6 ? "IPv6" : "IPv4");
		return false;
	}
	if (bindings.n > 1)
		bindings.of[1].is_optional = true;
	*ret_bindings = bindings;
	return true;
}

static bool overlaps(const struct port_rule *a, const struct port_rule *b)
{
	if (a->protocol != b->protocol || a->host_last < b->host_first ||
	    b->host_last < a->host_first)
		return false;
	if (!a->host.family || !b->host.family)
		return true;
	if (a->host.family != b->host.family)
		return false;
	return ip_address_equal(&a->host, &b->host) || ip_address_is_any(&a->host) ||
	       ip_address_is_any(&b->host);
}

static bool is_same_address(const struct ip_address *a, const struct ip_address *b)
{
	return a->family == b->family && (!a->family || ip_address_equal(a, b));
}

static bool is_same_rule(const struct port_rule *a, const struct port_rule *b)
{
	return a->protocol == b->protocol && a->host_first == b->host_first &&
	       a->host_last == b->host_last && a->guest_first == b->guest_first &&
	       is_same_address(&a->host, &b->host) && is_same_address(&a->guest, &b->guest);
}

/*
 * Our own rules are looked at first: a backend that sets SO_REUSEADDR would bind a UDP port twice,
 * and the kernel could only name ourselves as the owner.
 */
static bool check_own_rules(const struct port_table *table, const struct port_rule *rule,
			    GError **error)
{
	for (guint i = 0; rule->host_first && i < table->rules->len; i++) {
		const struct port_rule *other = &g_array_index(table->rules, struct port_rule, i);
		g_autofree char *text = NULL;

		if (!overlaps(rule, other))
			continue;
		text = port_rule_to_string(other);
		if (is_same_rule(rule, other))
			failure_set(error, EEXIST, NULL, "%s is already published, with id %u",
				    text, other->id);
		else
			failure_set(
				error, EADDRINUSE, "remove that rule first, or take other ports",
				"this container already publishes %s, with id %u", text, other->id);
		return false;
	}
	return true;
}

/* Publishes the ports of one family, or none. */
static bool publish_binding(struct port_table *table, const struct port_rule *rule,
			    const struct binding *binding, GError **error)
{
	const struct port_backend *backend = &table->backend;
	unsigned n_ports = port_rule_size(rule);

	for (unsigned i = 0; i < n_ports; i++) {
		uint16_t host_port = (uint16_t)(rule->host_first + i);
		g_autoptr(GError) cause = NULL;

		if (backend->publish(backend->opaque, rule->protocol, &binding->host, host_port,
				     &binding->guest, (uint16_t)(rule->guest_first + i), &cause))
			continue;
		unpublish_ports(table, rule, binding, i);
		port_error_set(error, cause, rule->protocol, &binding->host, host_port);
		return false;
	}
	return true;
}

static bool is_family_missing(const GError *error)
{
	return error->code == EAFNOSUPPORT || error->code == EADDRNOTAVAIL;
}

/* Publishes all families, or none; drops an optional one that the host does not have. */
static bool publish_bindings(struct port_table *table, const struct port_rule *rule,
			     struct bindings *bindings, GError **error)
{
	struct bindings done = {.n = 0};

	for (unsigned i = 0; i < bindings->n; i++) {
		const struct binding *binding = &bindings->of[i];
		g_autoptr(GError) cause = NULL;

		if (publish_binding(table, rule, binding, &cause)) {
			done.of[done.n++] = *binding;
			continue;
		}
		if (binding->is_optional && is_family_missing(cause))
			continue;
		unpublish_bindings(table, rule, &done);
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	*bindings = done;
	return true;
}

static bool try_free_port(struct port_table *table, struct port_rule *rule,
			  struct bindings *bindings, GError **error)
{
	const struct ip_address *host = &bindings->of[0].host;
	g_autoptr(GError) cause = NULL;
	uint16_t port;

	if (!port_probe_find_free(rule->protocol, host, bindings->n > 1, &port, &cause)) {
		port_error_set(error, cause, rule->protocol, host, 0);
		return false;
	}
	rule->host_first = port;
	rule->host_last = port;
	return publish_bindings(table, rule, bindings, error);
}

/* As publish_bindings(), on a port that nobody has; fills it in. */
static bool publish_on_free_port(struct port_table *table, struct port_rule *rule,
				 struct bindings *bindings, GError **error)
{
	g_autoptr(GError) cause = NULL;

	for (unsigned i = 0; i < FREE_PORT_ATTEMPTS; i++) {
		g_clear_error(&cause);
		if (try_free_port(table, rule, bindings, &cause))
			return true;
		if (cause->code != EADDRINUSE)
			break;
	}
	g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}

bool port_table_add(struct port_table *table, const struct port_rule *rule,
		    struct port_rule *ret_rule, GError **error)
{
	struct port_rule published = *rule;
	struct bindings bindings;
	bool done;

	if (!check_rule(rule, error) || !expand_rule(table, rule, &bindings, error) ||
	    !check_own_rules(table, rule, error))
		return false;
	if (rule->host_first == 0)
		done = publish_on_free_port(table, &published, &bindings, error);
	else
		done = publish_bindings(table, rule, &bindings, error);
	if (!done)
		return false;

	published.id = ++table->last_id;
	g_array_append_val(table->rules, published);
	g_array_append_val(table->bindings, bindings);
	*ret_rule = published;
	return true;
}

bool port_table_remove(struct port_table *table, unsigned id)
{
	for (guint i = 0; i < table->rules->len; i++) {
		if (g_array_index(table->rules, struct port_rule, i).id != id)
			continue;
		remove_index(table, i);
		return true;
	}
	return false;
}

const GArray *port_table_rules(const struct port_table *table)
{
	return table->rules;
}
