/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_nat - which flow a datagram belongs to: opens mappings and flows, by policy */
#include "forwarder/udp_nat.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "forwarder/client_source.h"
#include "forwarder/udp_host.h"
#include "src/autoclose.h"
#include "src/failure.h"

/*
 * How it works
 *
 * Mapping is endpoint-independent (RFC 4787 REQ-1): one host socket for each endpoint of the
 * command. So is filtering (REQ-8), as far as policy lets the command speak to the remote: nobody
 * can be heard who may not be answered. Answers to a published port's clients need no permission,
 * they belong to a flow that the client began.
 *
 * Trust: whoever gets into the gateway can send to the forwarder's sockets. Sources that the
 * command cannot have are ignored, and policy is asked for every flow that the command opens.
 */

#define EVICTION_TRIES	   8
#define ALIAS_PORT_TRIES   8
#define SWEEP_INTERVAL_S   1
#define FIRST_DYNAMIC_PORT 49152

struct port {
	struct udp_mapping mapping;
	struct udp_nat *nat;
	unsigned rule_id;
};

struct udp_nat {
	struct udp_nat_context context;
	struct udp_flows *flows;
	GPtrArray *ports; /* of struct port */
	guint sweep;	  /* source, or 0 */
	uint64_t opened;
};

/* --- lifetime --- */

static void close_gateway_socket(struct udp_flow *flow, void *opaque)
{
	const struct udp_nat *nat = opaque;

	if (flow->gateway.fd >= 0)
		watch_remove(nat->context.watch, &flow->gateway);
	close_fd(&flow->gateway.fd);
}

static void on_flow_ended(struct udp_flow *flow, void *opaque)
{
	close_gateway_socket(flow, opaque);
	port_tally_close(g_steal_pointer(&flow->tally));
}

static void on_mapping_ended(struct udp_mapping *mapping, void *opaque)
{
	const struct udp_nat *nat = opaque;

	watch_remove(nat->context.watch, &mapping->host);
	close(mapping->host.fd);
	g_free(mapping);
}

static gboolean on_sweep(gpointer data)
{
	struct udp_nat *nat = data;

	udp_flows_expire(nat->flows, g_get_monotonic_time());
	if (udp_flows_count(nat->flows) > 0)
		return G_SOURCE_CONTINUE;
	nat->sweep = 0;
	return G_SOURCE_REMOVE;
}

static struct port_tally *open_tally(const struct udp_nat *nat, const struct udp_mapping *mapping)
{
	const struct port *port = (const struct port *)mapping;

	return ledger_open_rule(nat->context.ledger, port->rule_id);
}

static struct udp_flow *add_flow(struct udp_nat *nat, struct udp_mapping *mapping,
				 const struct udp_endpoint *remote, const struct udp_endpoint *host)
{
	const struct flow_ends ends = {
		.command = mapping->inner.address,
		.remote = remote->address,
		.command_port = mapping->inner.port,
		.remote_port = remote->port,
	};
	struct udp_flow *flow =
		udp_flows_add(nat->flows, mapping, remote, host, g_get_monotonic_time());

	flow->owner = nat->context.owner;
	flow->identity = ledger_begin(nat->context.ledger, &ends, mapping->is_published);
	if (mapping->is_published)
		flow->tally = open_tally(nat, mapping);
	nat->opened++;
	if (!nat->sweep)
		nat->sweep = g_timeout_add_seconds(SWEEP_INTERVAL_S, on_sweep, nat);
	return flow;
}

/* The host's socket for a new mapping; when descriptors have run out, old flows make room. */
static int open_host_socket(struct udp_nat *nat, sa_family_t family)
{
	const struct way_out *way_out = nat->context.way_out;
	int fd = udp_host_open(family, way_out);

	for (unsigned i = 0; fd < 0 && i < EVICTION_TRIES; i++) {
		if ((errno != EMFILE && errno != ENFILE) || !udp_flows_evict(nat->flows))
			break;
		fd = udp_host_open(family, way_out);
	}
	return fd;
}

/* The caller holds the mapping. */
static struct udp_mapping *obtain_mapping(struct udp_nat *nat, const struct udp_endpoint *inner)
{
	struct udp_mapping *mapping = udp_flows_find_mapping(nat->flows, inner);

	if (mapping) {
		udp_flows_hold_mapping(mapping);
		return mapping;
	}
	autoclose int fd = open_host_socket(nat, inner->address.family);
	struct watch_entry host = {.fd = fd, .handler = nat->context.on_host};
	if (fd < 0)
		return NULL;
	mapping = g_new0(struct udp_mapping, 1);
	*mapping = (struct udp_mapping){.host = host, .owner = nat->context.owner, .inner = *inner};
	if (!watch_add(nat->context.watch, &mapping->host, EPOLLIN)) {
		g_free(mapping);
		return NULL;
	}
	g_steal_fd(&fd);
	udp_flows_add_mapping(nat->flows, mapping);
	return mapping;
}

static const struct link_network *network_of(const struct udp_nat *nat,
					     const struct udp_endpoint *endpoint)
{
	return link_config_network(nat->context.link, endpoint->address.family);
}

/* Can the command have this address? */
static bool is_inner(const struct udp_nat *nat, const struct udp_endpoint *endpoint)
{
	const struct link_network *network = network_of(nat, endpoint);
	const struct ip_address *address = &endpoint->address;

	return network->enabled && endpoint->port != 0 &&
	       ip_prefix_contains(&network->prefix, address) &&
	       !ip_address_equal(address, &network->gateway) &&
	       !ip_address_equal(address, &network->host) &&
	       !ip_address_equal(address, &network->dns);
}

static enum policy_verdict check(const struct udp_nat *nat, const struct udp_endpoint *remote,
				 unsigned *ret_rule)
{
	return policy_check_flow(nat->context.policy, IPPROTO_UDP, &remote->address, remote->port,
				 ret_rule);
}

/* *ret_is_rejected tells whether the command should learn of it. */
static bool is_denied(const struct udp_nat *nat, const struct udp_endpoint *inner,
		      const struct udp_endpoint *remote, bool *ret_is_rejected)
{
	unsigned rule;
	enum policy_verdict verdict = check(nat, remote, &rule);
	bool is_by_egress = verdict == POLICY_EGRESS;

	*ret_is_rejected = verdict == POLICY_REJECT || is_by_egress;
	if (verdict == POLICY_PASS)
		return false;
	const struct denied_flow flow = {
		.protocol = IPPROTO_UDP,
		.source = inner->address,
		.source_port = inner->port,
		.destination = remote->address,
		.destination_port = remote->port,
		.reason = is_by_egress ? DENIED_BY_EGRESS
				       : policy_explain_flow(nat->context.policy, &remote->address),
		.rule = rule,
		.name = name_table_find(ledger_names(nat->context.ledger), &remote->address),
	};
	if (flow.reason)
		denials_note(nat->context.denials, &flow);
	return true;
}

/* The flow that a datagram of the command opens, or NULL. */
static struct udp_flow *open_outgoing(struct udp_nat *nat, const struct udp_endpoint *inner,
				      const struct udp_endpoint *remote, bool *ret_is_rejected)
{
	struct sockaddr_storage address;
	struct udp_endpoint host;

	if (!is_inner(nat, inner))
		return NULL;
	if (is_denied(nat, inner, remote, ret_is_rejected) ||
	    !policy_translate(nat->context.policy, &remote->address, remote->port, &address) ||
	    !udp_endpoint_from_sockaddr((struct sockaddr *)&address, &host))
		return NULL;
	struct udp_mapping *mapping = obtain_mapping(nat, inner);
	if (!mapping)
		return NULL;
	struct udp_flow *flow = udp_flows_find_from_host(nat->flows, mapping, &host);
	if (!flow)
		flow = add_flow(nat, mapping, remote, &host);
	udp_flows_release_mapping(nat->flows, mapping);
	return flow;
}

/* The flow that a datagram to an outgoing mapping's port opens, or NULL. */
static struct udp_flow *open_incoming(struct udp_nat *nat, struct udp_mapping *mapping,
				      const struct udp_endpoint *host)
{
	struct udp_endpoint remote = {.address = host->address, .port = host->port};
	struct ip_address alias = link_network_alias(network_of(nat, host), &host->address);
	unsigned rule;

	if (alias.family != AF_UNSPEC)
		remote.address = alias;
	if (check(nat, &remote, &rule) != POLICY_PASS)
		return NULL;
	struct udp_flow *flow = udp_flows_find_from_command(nat->flows, &mapping->inner, &remote);
	if (flow)
		return flow;
	flow = add_flow(nat, mapping, &remote, host);
	flow->identity.is_incoming = true;
	return flow;
}

/* The flow that a client of a published port opens, or NULL. */
static struct udp_flow *open_published(struct udp_nat *nat, struct udp_mapping *mapping,
				       const struct udp_endpoint *host)
{
	struct udp_endpoint remote = {
		.address = client_source_of(network_of(nat, host), &host->address),
		.port = host->port,
	};

	for (unsigned i = 0; i < ALIAS_PORT_TRIES; i++) {
		struct udp_flow *other =
			udp_flows_find_from_command(nat->flows, &mapping->inner, &remote);
		/* The answer leaves by the way on which the remote asked last. */
		if (other && udp_endpoint_equal(&other->to_host.to, host)) {
			udp_flows_forget(nat->flows, other);
			other = NULL;
		}
		if (!other)
			return add_flow(nat, mapping, &remote, host);
		/* 127.0.0.1 and 127.0.0.2 look alike inside, and may have the same port. */
		remote.port = (uint16_t)g_random_int_range(FIRST_DYNAMIC_PORT, 65536);
	}
	return NULL;
}

struct udp_flow *udp_nat_flow_from_command(struct udp_nat *nat, const struct udp_endpoint *inner,
					   const struct udp_endpoint *remote, bool *ret_is_rejected)
{
	struct udp_flow *flow = udp_flows_find_from_command(nat->flows, inner, remote);

	*ret_is_rejected = false;
	return flow ? flow : open_outgoing(nat, inner, remote, ret_is_rejected);
}

struct udp_flow *udp_nat_flow_from_host(struct udp_nat *nat, struct udp_mapping *mapping,
					const struct udp_endpoint *host)
{
	struct udp_flow *flow = udp_flows_find_from_host(nat->flows, mapping, host);

	if (flow)
		return flow;
	return mapping->is_published ? open_published(nat, mapping, host)
				     : open_incoming(nat, mapping, host);
}

/* --- published ports --- */

static void port_free(gpointer data)
{
	struct port *port = data;
	struct udp_nat *nat = port->nat;

	udp_flows_forget_mapping(nat->flows, &port->mapping);
	watch_remove(nat->context.watch, &port->mapping.host);
	g_free(port);
}

bool udp_nat_publish(struct udp_nat *nat, const struct port_binding *binding, GError **error)
{
	if (binding->guest_v4.family) {
		failure_set(error, EPROTONOSUPPORT,
			    "bind it to one family: BindIPv6Only=ipv6-only of systemd.socket(5)",
			    "a UDP socket of both families cannot be served");
		return false;
	}
	struct port *port = g_new0(struct port, 1);
	*port = (struct port){
		.mapping.host = {.fd = binding->fd, .handler = nat->context.on_host},
		.nat = nat,
		.rule_id = binding->rule_id,
		.mapping.owner = nat->context.owner,
		.mapping.inner = {.address = binding->guest, .port = binding->guest_port},
		.mapping.is_published = true,
	};
	if (!udp_host_prepare_published(binding->fd, binding->host.family) ||
	    !watch_add(nat->context.watch, &port->mapping.host, EPOLLIN)) {
		failure_errno(error, "watch port %u", binding->host_port);
		g_free(port);
		return false;
	}
	g_ptr_array_add(nat->ports, port);
	return true;
}

void udp_nat_unpublish(struct udp_nat *nat, int fd)
{
	/* From the end: ranges are taken back from their last port. */
	for (guint i = nat->ports->len; i-- > 0;) {
		const struct port *port = g_ptr_array_index(nat->ports, i);
		if (port->mapping.host.fd == fd) {
			g_ptr_array_remove_index_fast(nat->ports, i);
			return;
		}
	}
}

/* --- life --- */

struct udp_nat *udp_nat_new(const struct udp_nat_context *context)
{
	struct udp_nat *nat = g_new0(struct udp_nat, 1);
	const struct udp_flows_handlers handlers = {
		.flow_ended = on_flow_ended,
		.mapping_ended = on_mapping_ended,
		.demote = close_gateway_socket,
		.opaque = nat,
	};

	nat->context = *context;
	nat->flows = udp_flows_new(&context->limits, &handlers);
	nat->ports = g_ptr_array_new_with_free_func(port_free);
	return nat;
}

void udp_nat_free(struct udp_nat *nat)
{
	if (!nat)
		return;
	g_ptr_array_unref(nat->ports);
	udp_flows_free(nat->flows);
	if (nat->sweep)
		g_source_remove(nat->sweep);
	g_free(nat);
}

struct udp_flows *udp_nat_flows(const struct udp_nat *nat)
{
	return nat->flows;
}

uint64_t udp_nat_count_opened(const struct udp_nat *nat)
{
	return nat->opened;
}
