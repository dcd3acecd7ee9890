/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_publication - one published rule: its sockets, and their way to the link */
#include "forwarder/port_publication.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "forwarder/host_socket.h"
#include "forwarder/port_error.h"
#include "forwarder/port_plan.h"
#include "src/failure.h"

/*
 * How it works
 *
 * A rule becomes one binding for each of its ports and address families. Each gets a socket: a
 * duplicate of a donor's, a new one, or one that was brought along. Then the link gets the binding.
 * The first that fails takes back all before it. A free port (host port 0) is what the kernel gives
 * to the first family; when somebody has it in the other one, the next is tried.
 */

#define FREE_PORT_ATTEMPTS 8

static struct port_publication *publication_begin(const struct port_rule *rule)
{
	struct port_publication *publication = g_new0(struct port_publication, 1);

	publication->rule = *rule;
	publication->bindings = g_array_new(FALSE, FALSE, sizeof(struct port_binding));
	return publication;
}

/* Unpublishes the last ones until n are left. */
static void cut(const struct port_context *context, struct port_publication *publication, guint n,
		bool is_final)
{
	GArray *bindings = publication->bindings;

	while (bindings->len > n) {
		const struct port_binding *last =
			&g_array_index(bindings, struct port_binding, bindings->len - 1);

		context->backend.unpublish(context->backend.opaque, last);
		if (is_final && !last->is_shared)
			host_socket_end(last->fd);
		else
			close(last->fd);
		g_array_set_size(bindings, bindings->len - 1);
	}
}

void port_publication_free(const struct port_context *context, struct port_publication *publication,
			   bool is_final)
{
	cut(context, publication, 0, is_final);
	g_array_unref(publication->bindings);
	g_free(publication);
}

/* --- sockets --- */

static bool is_same_place(const struct port_binding *a, const struct port_binding *b)
{
	return a->host_port == b->host_port && a->protocol == b->protocol &&
	       ip_address_equal(&a->host, &b->host) && g_str_equal(a->interface, b->interface);
}

/* The binding whose socket may be shared: nobody outside goes on with it. */
static struct port_binding *find_donor(const GPtrArray *donors, const struct port_binding *wanted)
{
	for (guint i = 0; donors && i < donors->len; i++) {
		const struct port_publication *donor = g_ptr_array_index(donors, i);
		const struct port_rule *rule = &donor->rule;

		if (rule->source[0] || wanted->host_port < rule->host_first ||
		    wanted->host_port > rule->host_last)
			continue;
		for (guint k = 0; k < donor->bindings->len; k++) {
			struct port_binding *binding =
				&g_array_index(donor->bindings, struct port_binding, k);
			if (is_same_place(binding, wanted))
				return binding;
		}
	}
	return NULL;
}

static bool open_socket(const struct port_context *context, const GPtrArray *donors,
			struct port_binding *binding)
{
	struct port_binding *donor = binding->host_port ? find_donor(donors, binding) : NULL;

	if (donor) {
		binding->fd = fcntl(donor->fd, F_DUPFD_CLOEXEC, 0);
		donor->is_shared = binding->fd >= 0;
		return donor->is_shared;
	}
	if (context->backend.open)
		return context->backend.open(context->backend.opaque, binding);
	return host_socket_open(binding);
}

void port_publication_reclaim(const GPtrArray *donors)
{
	for (guint i = 0; i < donors->len; i++) {
		const struct port_publication *donor = g_ptr_array_index(donors, i);

		for (guint k = 0; !donor->rule.source[0] && k < donor->bindings->len; k++)
			g_array_index(donor->bindings, struct port_binding, k).is_shared = false;
	}
}

void port_publication_copy(const struct port_publication *publication, struct port_set *set)
{
	g_array_append_val(set->rules, publication->rule);
	for (guint i = 0; i < publication->bindings->len; i++) {
		const struct port_binding *binding =
			&g_array_index(publication->bindings, struct port_binding, i);
		const struct port_socket socket = {binding->rule_id, binding->fd};
		g_array_append_val(set->sockets, socket);
	}
}

bool port_publication_takes(const struct port_publication *publication,
			    const struct port_rule *rule)
{
	for (guint i = 0; i < publication->bindings->len; i++) {
		const struct port_binding *binding =
			&g_array_index(publication->bindings, struct port_binding, i);
		struct port_rule place = {
			.protocol = binding->protocol,
			.host = binding->host,
			.host_first = binding->host_port,
			.host_last = binding->host_port,
		};

		g_strlcpy(place.interface, binding->interface, sizeof(place.interface));
		if (port_plan_overlap(&place, rule))
			return true;
	}
	return false;
}

bool port_publication_has_socket(const struct port_publication *publication,
				 const struct port_rule *rule, int fd)
{
	const struct port_rule *own = &publication->rule;

	return publication->bindings->len == 1 && own->source[0] &&
	       own->protocol == rule->protocol && own->guest_first == rule->guest_first &&
	       own->proxy_version == rule->proxy_version &&
	       host_socket_is_same(g_array_index(publication->bindings, struct port_binding, 0).fd,
				   fd);
}

/* --- publishing --- */

/* Gives a binding that has its socket to the link; the socket is closed on failure. */
static bool publish_binding(const struct port_context *context,
			    struct port_publication *publication,
			    const struct port_binding *binding, GError **error)
{
	if (!context->backend.publish(context->backend.opaque, binding, error)) {
		close(binding->fd);
		return false;
	}
	g_array_append_val(publication->bindings, *binding);
	return true;
}

static bool publish_port(const struct port_context *context, const GPtrArray *donors,
			 struct port_publication *publication, struct port_binding *binding,
			 GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (!open_socket(context, donors, binding))
		failure_errno(&cause, "publish port %u", binding->host_port);
	else if (publish_binding(context, publication, binding, &cause))
		return true;
	port_error_set(error, cause, binding);
	return false;
}

static struct port_binding binding_of(const struct port_rule *rule)
{
	struct port_binding binding = {
		.rule_id = rule->id,
		.protocol = rule->protocol,
		.fd = -1,
		.proxy_version = rule->proxy_version,
		.is_shared = rule->source[0] != '\0',
	};

	g_strlcpy(binding.interface, rule->interface, sizeof(binding.interface));
	return binding;
}

/* Publishes the ports of one family, or none. */
static bool publish_family(const struct port_context *context, const GPtrArray *donors,
			   const struct port_family *family, struct port_publication *publication,
			   GError **error)
{
	struct port_rule *rule = &publication->rule;
	unsigned n_ports = port_rule_size(rule);
	guint n_before = publication->bindings->len;

	for (unsigned i = 0; i < n_ports; i++) {
		struct port_binding binding = binding_of(rule);

		binding.host = family->host;
		binding.guest = family->guest;
		binding.host_port = (uint16_t)(rule->host_first + i);
		binding.guest_port = (uint16_t)(rule->guest_first + i);
		if (!publish_port(context, donors, publication, &binding, error)) {
			/* They may be a donor's, and nobody else has the others. */
			cut(context, publication, n_before, false);
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
static bool publish_families(const struct port_context *context, const GPtrArray *donors,
			     const struct port_families *families,
			     struct port_publication *publication, GError **error)
{
	for (unsigned i = 0; i < families->n; i++) {
		const struct port_family *family = &families->of[i];
		g_autoptr(GError) cause = NULL;

		if (publish_family(context, donors, family, publication, &cause) ||
		    (family->is_optional && is_family_missing(cause)))
			continue;
		cut(context, publication, 0, false);
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	return true;
}

struct port_publication *port_publication_new(const struct port_context *context,
					      const struct port_rule *rule, const GPtrArray *donors,
					      GError **error)
{
	unsigned attempts = rule->host_first ? 1 : FREE_PORT_ATTEMPTS;
	struct port_families families;

	if (!port_plan_check(rule, error) ||
	    !port_plan_expand(&context->link, rule, &families, error))
		return NULL;
	for (;;) {
		struct port_publication *publication = publication_begin(rule);
		g_autoptr(GError) cause = NULL;

		if (publish_families(context, donors, &families, publication, &cause))
			return publication;
		port_publication_free(context, publication, false);
		if (--attempts == 0 || cause->code != EADDRINUSE) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return NULL;
		}
	}
}

void port_publication_suspend(const struct port_context *context,
			      struct port_publication *publication)
{
	cut(context, publication, 0, true);
}

bool port_publication_resume(const struct port_context *context,
			     struct port_publication *publication, GError **error)
{
	struct port_publication *again =
		port_publication_new(context, &publication->rule, NULL, error);

	if (!again)
		return false;
	g_array_unref(publication->bindings);
	publication->bindings = again->bindings;
	g_free(again);
	return true;
}

/* --- taking over --- */

static bool not_of_rule(const struct port_rule *rule, const struct host_place *place, int fd,
			GError **error)
{
	g_autofree char *text = port_rule_to_string(rule);

	if (place->protocol == rule->protocol)
		failure_set(error, EINVAL, NULL, "the socket of descriptor %d cannot be %s", fd,
			    text);
	else
		failure_set(error, EPROTOTYPE,
			    place->protocol == IPPROTO_TCP ? "write /tcp" : "write /udp",
			    "%s: the socket is one of %s", text,
			    place->protocol == IPPROTO_TCP ? "TCP" : "UDP");
	return false;
}

/* An inherited socket tells where its rule is published. */
static void fill_host(struct port_rule *rule, const struct host_place *place)
{
	rule->host_first = rule->host_last = place->port;
	rule->host = place->address;
	/* As it is written for new ones. */
	if (place->is_dual && ip_address_is_any(&place->address))
		rule->host = (struct ip_address){.family = AF_UNSPEC};
}

/* Where clients of the socket lead, by what it is bound to. */
static bool fill_guest(const struct port_context *context, const struct port_rule *rule,
		       const struct host_place *place, struct port_binding *binding)
{
	const struct link_network *network =
		link_config_network(&context->link, place->address.family);

	binding->guest = rule->guest.family ? rule->guest : network->command;
	if (place->is_dual && context->link.v4.enabled && !rule->guest.family)
		binding->guest_v4 = context->link.v4.command;
	if (binding->guest_v4.family)
		return true;
	return network->enabled && binding->guest.family == place->address.family;
}

static bool adopt_socket(const struct port_context *context, struct port_publication *publication,
			 int fd, GError **error)
{
	struct port_rule *rule = &publication->rule;
	struct host_place place;

	if (!host_socket_inspect(fd, &place, error)) {
		g_autofree char *text = port_rule_to_string(rule);
		g_prefix_error(error, "%s: ", text);
		close(fd);
		return false;
	}
	if (rule->host_first == 0)
		fill_host(rule, &place);
	struct port_binding binding = binding_of(rule);
	binding.fd = fd;
	binding.host = place.address;
	binding.host_port = place.port;
	binding.guest_port = (uint16_t)(rule->guest_first + (place.port - rule->host_first));
	if (place.protocol != rule->protocol || place.port < rule->host_first ||
	    place.port > rule->host_last || !fill_guest(context, rule, &place, &binding)) {
		close(fd);
		return not_of_rule(rule, &place, fd, error);
	}
	return publish_binding(context, publication, &binding, error);
}

struct port_publication *port_publication_adopt(const struct port_context *context,
						const struct port_rule *rule, const GArray *sockets,
						GError **error)
{
	struct port_publication *publication = publication_begin(rule);
	bool ok = port_plan_check(rule, error);

	for (guint i = 0; i < sockets->len; i++) {
		int fd = g_array_index(sockets, int, i);

		if (ok)
			ok = adopt_socket(context, publication, fd, error);
		else
			close(fd);
	}
	if (ok)
		return publication;
	port_publication_free(context, publication, false);
	return NULL;
}
