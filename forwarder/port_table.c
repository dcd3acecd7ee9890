/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_table - the published ports of one container, over whichever link carries them */
#include "forwarder/port_table.h"

#include <errno.h>
#include <unistd.h>

#include "forwarder/host_socket.h"
#include "forwarder/port_error.h"
#include "forwarder/port_plan.h"
#include "src/failure.h"

/*
 * How it works
 *
 * A rule becomes one binding for each of its ports and address families. Each gets a socket, made
 * here or taken over from a forwarder before this one, and is given to the backend. The first that
 * fails takes back all that were made for its rule. A free port (host port 0) is what the kernel
 * gives to the first family; when somebody has it in the other one, the next is tried.
 */

#define FREE_PORT_ATTEMPTS 8

struct port_table {
	struct link_config link;
	struct port_backend backend;
	GArray *rules;	     /* of struct port_rule */
	GPtrArray *bindings; /* of GArray of struct port_binding, one for each rule */
	unsigned last_id;
};

static bool open_socket(void *opaque G_GNUC_UNUSED, struct port_binding *binding)
{
	struct host_place place;

	binding->fd = host_socket_open(binding->protocol, &binding->host, binding->host_port);
	if (binding->fd < 0)
		return false;
	if (host_socket_inspect(binding->fd, &place, NULL))
		binding->host_port = place.port;
	return true;
}

static GArray *bindings_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct port_binding));
}

struct port_table *port_table_new(const struct link_config *link,
				  const struct port_backend *backend)
{
	struct port_table *table = g_new0(struct port_table, 1);

	table->link = *link;
	table->backend = *backend;
	if (!table->backend.open)
		table->backend.open = open_socket;
	table->rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	table->bindings = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	return table;
}

/* Unpublishes the last ones until n are left. end: of their sockets, by host_socket_end(). */
static void cut_bindings(struct port_table *table, GArray *bindings, guint n, bool end)
{
	while (bindings->len > n) {
		const struct port_binding *last =
			&g_array_index(bindings, struct port_binding, bindings->len - 1);

		table->backend.unpublish(table->backend.opaque, last);
		if (end)
			host_socket_end(last->fd);
		else
			close(last->fd);
		g_array_set_size(bindings, bindings->len - 1);
	}
}

static void remove_index(struct port_table *table, guint index, bool end)
{
	cut_bindings(table, g_ptr_array_index(table->bindings, index), 0, end);
	g_array_remove_index(table->rules, index);
	g_ptr_array_remove_index(table->bindings, index);
}

void port_table_free(struct port_table *table)
{
	if (!table)
		return;
	while (table->rules->len > 0)
		remove_index(table, table->rules->len - 1, false);
	g_array_unref(table->rules);
	g_ptr_array_unref(table->bindings);
	g_free(table);
}

/* The kernel could only say that the port is ours; which rule it is, we know. */
static bool check_own_rules(const struct port_table *table, const struct port_rule *rule,
			    GError **error)
{
	for (guint i = 0; rule->host_first && i < table->rules->len; i++) {
		const struct port_rule *other = &g_array_index(table->rules, struct port_rule, i);
		g_autofree char *text = NULL;

		if (!port_plan_overlap(rule, other))
			continue;
		text = port_rule_to_string(other);
		if (port_plan_is_same(rule, other))
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

/* --- publishing --- */

/* Gives a binding that has its socket to the backend; the socket is closed on failure. */
static bool publish_socket(struct port_table *table, const struct port_binding *binding,
			   GArray *bindings, GError **error)
{
	if (!table->backend.publish(table->backend.opaque, binding, error)) {
		close(binding->fd);
		return false;
	}
	g_array_append_val(bindings, *binding);
	return true;
}

static bool publish_port(struct port_table *table, struct port_binding *binding, GArray *bindings,
			 GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (!table->backend.open(table->backend.opaque, binding))
		failure_errno(&cause, "publish port %u", binding->host_port);
	else if (publish_socket(table, binding, bindings, &cause))
		return true;
	port_error_set(error, cause, binding->protocol, &binding->host, binding->host_port);
	return false;
}

/* Publishes the ports of one family, or none; fills in the port that was taken for 0. */
static bool publish_family(struct port_table *table, struct port_rule *rule,
			   const struct port_family *family, GArray *bindings, GError **error)
{
	unsigned n_ports = port_rule_size(rule);
	guint n_before = bindings->len;

	for (unsigned i = 0; i < n_ports; i++) {
		struct port_binding binding = {
			.rule_id = rule->id,
			.protocol = rule->protocol,
			.fd = -1,
			.host = family->host,
			.guest = family->guest,
			.host_port = (uint16_t)(rule->host_first + i),
			.guest_port = (uint16_t)(rule->guest_first + i),
		};

		if (!publish_port(table, &binding, bindings, error)) {
			cut_bindings(table, bindings, n_before, true);
			return false;
		}
		if (rule->host_first == 0)
			rule->host_first = rule->host_last = binding.host_port;
	}
	return true;
}

static bool is_family_missing(const GError *error)
{
	return error->code == EAFNOSUPPORT || error->code == EADDRNOTAVAIL;
}

/* Publishes all families, or none; an optional one may be missing on the host. */
static bool publish_families(struct port_table *table, struct port_rule *rule,
			     const struct port_families *families, GArray *bindings, GError **error)
{
	for (unsigned i = 0; i < families->n; i++) {
		const struct port_family *family = &families->of[i];
		g_autoptr(GError) cause = NULL;

		if (publish_family(table, rule, family, bindings, &cause) ||
		    (family->is_optional && is_family_missing(cause)))
			continue;
		cut_bindings(table, bindings, 0, true);
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	return true;
}

/* As publish_families(), also for host port 0, on a port that nobody has. */
static bool publish_rule(struct port_table *table, struct port_rule *rule,
			 const struct port_families *families, GArray *bindings, GError **error)
{
	unsigned attempts = rule->host_first ? 1 : FREE_PORT_ATTEMPTS;

	for (;;) {
		struct port_rule published = *rule;
		g_autoptr(GError) cause = NULL;

		if (publish_families(table, &published, families, bindings, &cause)) {
			*rule = published;
			return true;
		}
		if (--attempts == 0 || cause->code != EADDRINUSE) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return false;
		}
	}
}

static void note_rule(struct port_table *table, const struct port_rule *rule, GArray *bindings,
		      struct port_rule *ret_rule)
{
	table->last_id = MAX(table->last_id, rule->id);
	g_array_append_val(table->rules, *rule);
	g_ptr_array_add(table->bindings, bindings);
	*ret_rule = *rule;
}

bool port_table_add(struct port_table *table, const struct port_rule *rule,
		    struct port_rule *ret_rule, GError **error)
{
	struct port_rule published = *rule;
	struct port_families families;

	if (!port_plan_check(rule, error) ||
	    !port_plan_expand(&table->link, rule, &families, error) ||
	    !check_own_rules(table, rule, error))
		return false;
	g_autoptr(GArray) bindings = bindings_new();
	if (!rule->id)
		published.id = table->last_id + 1;
	if (!publish_rule(table, &published, &families, bindings, error))
		return false;
	note_rule(table, &published, g_steal_pointer(&bindings), ret_rule);
	return true;
}

/* --- taking over --- */

static bool not_of_rule(const struct port_rule *rule, int fd, GError **error)
{
	g_autofree char *text = port_rule_to_string(rule);

	failure_set(error, EINVAL, NULL, "the socket of descriptor %d is none of %s", fd, text);
	return false;
}

/* What the socket is for, by what it is bound to. */
static bool place_socket(const struct port_table *table, const struct port_rule *rule, int fd,
			 struct port_binding *ret_binding, GError **error)
{
	struct host_place place;

	if (!host_socket_inspect(fd, &place, error))
		return false;
	const struct link_network *network =
		link_config_network(&table->link, place.address.family);
	if (place.protocol != rule->protocol || place.port < rule->host_first ||
	    place.port > rule->host_last || !network->enabled ||
	    (rule->guest.family && rule->guest.family != place.address.family))
		return not_of_rule(rule, fd, error);
	*ret_binding = (struct port_binding){
		.rule_id = rule->id,
		.protocol = rule->protocol,
		.fd = fd,
		.host = place.address,
		.guest = rule->guest.family ? rule->guest : network->command,
		.host_port = place.port,
		.guest_port = (uint16_t)(rule->guest_first + (place.port - rule->host_first)),
	};
	return true;
}

static bool adopt_socket(struct port_table *table, const struct port_rule *rule, int fd,
			 GArray *bindings, GError **error)
{
	struct port_binding binding;

	if (place_socket(table, rule, fd, &binding, error))
		return publish_socket(table, &binding, bindings, error);
	close(fd);
	return false;
}

static void close_sockets(const GArray *sockets, guint first)
{
	for (guint i = first; i < sockets->len; i++)
		close(g_array_index(sockets, int, i));
}

bool port_table_adopt(struct port_table *table, const struct port_rule *rule, const GArray *sockets,
		      struct port_rule *ret_rule, GError **error)
{
	g_autoptr(GArray) bindings = bindings_new();
	struct port_rule adopted = *rule;

	if (!port_plan_check(rule, error) || !check_own_rules(table, rule, error)) {
		close_sockets(sockets, 0);
		return false;
	}
	if (!rule->id)
		adopted.id = table->last_id + 1;
	for (guint i = 0; i < sockets->len; i++) {
		int fd = g_array_index(sockets, int, i);

		if (adopt_socket(table, &adopted, fd, bindings, error))
			continue;
		close_sockets(sockets, i + 1);
		cut_bindings(table, bindings, 0, false);
		return false;
	}
	note_rule(table, &adopted, g_steal_pointer(&bindings), ret_rule);
	return true;
}

/* --- the table --- */

/* The rule's place, or the number of rules. */
static guint find_id(const struct port_table *table, unsigned id)
{
	guint i = 0;

	while (i < table->rules->len && g_array_index(table->rules, struct port_rule, i).id != id)
		i++;
	return i;
}

bool port_table_remove(struct port_table *table, unsigned id)
{
	guint index = find_id(table, id);

	if (index == table->rules->len)
		return false;
	remove_index(table, index, true);
	return true;
}

const GArray *port_table_rules(const struct port_table *table)
{
	return table->rules;
}

void port_table_copy(const struct port_table *table, struct port_set *set)
{
	g_array_append_vals(set->rules, table->rules->data, table->rules->len);
	for (guint i = 0; i < table->bindings->len; i++) {
		const GArray *bindings = g_ptr_array_index(table->bindings, i);

		for (guint k = 0; k < bindings->len; k++) {
			const struct port_binding *binding =
				&g_array_index(bindings, struct port_binding, k);
			const struct port_socket socket = {binding->rule_id, binding->fd};
			g_array_append_val(set->sockets, socket);
		}
	}
}
