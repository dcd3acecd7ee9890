/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forwarder - one container's network: wires TAP, policy, stack, ports and control together */
#include "forwarder/forwarder.h"

#include <fcntl.h>

#include "forwarder/control.h"
#include "forwarder/denials.h"
#include "forwarder/egress_service.h"
#include "forwarder/frame_flows.h"
#include "forwarder/frame_gate.h"
#include "forwarder/frame_path.h"
#include "forwarder/kernel_path.h"
#include "forwarder/ledger.h"
#include "forwarder/ping.h"
#include "forwarder/policy.h"
#include "forwarder/port_notice.h"
#include "forwarder/port_paths.h"
#include "forwarder/port_start.h"
#include "forwarder/port_table.h"
#include "forwarder/proxied.h"
#include "forwarder/resolver.h"
#include "forwarder/sandbox.h"
#include "forwarder/stack.h"
#include "forwarder/stack_tcp.h"
#include "forwarder/succession.h"
#include "forwarder/tap.h"
#include "forwarder/traffic_report.h"
#include "forwarder/udp_peers.h"
#include "forwarder/watch.h"
#include "src/failure.h"
#include "src/json_add.h"

/*
 * How it works
 *
 * What frames go through is frame_path.h. Everything but the relay's workers is in the main thread
 * and its main context.
 */

struct forwarder {
	struct handoff_start *start;
	struct notifier *notifier;
	struct watch *watch;
	struct ledger *ledger;
	struct frame_flows *frame_flows; /* libslirp's */
	struct frame_gate *gate;	 /* of the same */
	struct egress_service *egress;
	struct policy *policy;
	struct way_out way_out;
	struct denials *denials;
	struct resolver *resolver;
	struct udp_peers *udp_peers;
	struct limiter *limiter;
	struct rate_service rates;
	struct frame_path frames;
	struct tap *tap;
	struct stack *stack;
	struct stack_tcp *stack_tcp; /* of a tap link with a proxy, else NULL */
	struct proxied *proxied;
	struct ping *ping;
	struct kernel_path *kernel_path; /* of a gateway link, else NULL */
	struct port_paths port_paths;
	struct port_table *ports;
	struct control *control;
	struct sandbox_layers sandbox;
	struct relay_arrivals *arrivals; /* of an upgrade, or NULL */
};

static void on_frame_to_tap(const void *frame, size_t size, void *opaque)
{
	struct forwarder *forwarder = opaque;

	frame_path_to_tap(frame, size, &forwarder->frames);
}

static void on_describe(JsonBuilder *builder, void *opaque)
{
	const struct forwarder *forwarder = opaque;

	outbound_describe(&forwarder->start->outbound, builder);
	json_add_string(builder, "libslirp", stack_version());
	json_builder_set_member_name(builder, "sandbox");
	json_builder_add_value(builder, sandbox_layers_describe(&forwarder->sandbox));
	limiter_describe(forwarder->limiter, builder);
	resolver_describe(forwarder->resolver, builder);
	json_builder_set_member_name(builder, "counters");
	json_builder_begin_object(builder);
	tap_describe(forwarder->tap, builder);
	frame_gate_describe(forwarder->gate, builder);
	ping_describe(forwarder->ping, builder);
	if (forwarder->kernel_path)
		kernel_path_describe(forwarder->kernel_path, builder);
	json_builder_end_object(builder);
}

static void on_list_flows(struct flow_page *page, void *opaque)
{
	const struct forwarder *forwarder = opaque;

	frame_flows_list(forwarder->frame_flows, page);
	kernel_path_list(forwarder->kernel_path, page);
	stack_tcp_list(forwarder->stack_tcp, page);
}

static void on_describe_traffic(JsonBuilder *builder, void *opaque)
{
	const struct forwarder *forwarder = opaque;
	const struct traffic_sources sources = {
		.tap = forwarder->tap,
		.kernel_path = forwarder->kernel_path,
		.frame_flows = forwarder->frame_flows,
		.rejected = frame_gate_get_stats(forwarder->gate)->rejected,
		.dropped = frame_gate_get_stats(forwarder->gate)->dropped,
	};

	traffic_report_add(&sources, builder);
	limiter_describe(forwarder->limiter, builder);
	resolver_describe(forwarder->resolver, builder);
}

static void on_proxied(unsigned proxy_version, int client, int stream, void *opaque)
{
	const struct forwarder *forwarder = opaque;

	proxied_add(forwarder->proxied, proxy_version, client, stream);
}

static bool on_stack_socket(int fd, void *opaque)
{
	const struct forwarder *forwarder = opaque;

	return way_out_bind_stack_socket(&forwarder->way_out, forwarder->policy, fd,
					 forwarder->frames.frame);
}

static void on_ports_changed(const GArray *removed, const struct port_set *added, void *opaque)
{
	const struct forwarder *forwarder = opaque;

	port_notice_send(forwarder->notifier, removed, added);
}

static void serve_control(struct forwarder *forwarder)
{
	forwarder->rates = (struct rate_service){forwarder->limiter, forwarder->kernel_path,
						 forwarder->notifier};
	const struct control_context context = {
		.name = forwarder->start->name,
		.once = forwarder->start->control_once,
		.link = &forwarder->start->link,
		.ports = forwarder->ports,
		.ledger = forwarder->ledger,
		.egress = forwarder->egress,
		.rates = &forwarder->rates,
		.list_flows = on_list_flows,
		.describe_traffic = on_describe_traffic,
		.describe = on_describe,
		.opaque = forwarder,
	};

	forwarder->control = control_new(handoff_take_fd(forwarder->start, HANDOFF_FD_CONTROL),
					 &context, forwarder->watch);
}

static void start_ping(struct forwarder *forwarder)
{
	const struct ping_context context = {
		.watch = forwarder->watch,
		.link = &forwarder->start->link,
		.way_out = &forwarder->way_out,
		.policy = forwarder->policy,
		.denials = forwarder->denials,
		.notifier = forwarder->notifier,
		.send_frame = frame_path_to_tap,
		.opaque = &forwarder->frames,
	};

	forwarder->ping = ping_new(&context);
}

static bool start_paths(struct forwarder *forwarder, GError **error)
{
	const struct kernel_path_context context = {
		.watch = forwarder->watch,
		.tap = forwarder->tap,
		.policy = forwarder->policy,
		.way_out = &forwarder->way_out,
		.denials = forwarder->denials,
		.ledger = forwarder->ledger,
		.virtual_names = egress_service_virtual_names(forwarder->egress),
		.limiter = forwarder->limiter,
	};

	if (forwarder->start->link.kind == LINK_GATEWAY) {
		forwarder->kernel_path = kernel_path_new(&context, forwarder->start, error);
		return forwarder->kernel_path != NULL;
	}
	if (forwarder->start->outbound.proxy.kind == PROXY_NONE)
		return true;
	forwarder->stack_tcp =
		stack_tcp_new(&context, forwarder->stack, forwarder->frame_flows, error);
	return forwarder->stack_tcp != NULL;
}

static void on_cut(void *opaque)
{
	struct forwarder *forwarder = opaque;

	frame_gate_cut(forwarder->gate);
	kernel_path_cut(forwarder->kernel_path, policy_may_go_on, forwarder->policy);
	stack_tcp_cut(forwarder->stack_tcp, policy_may_go_on, forwarder->policy);
}

static bool start_egress(struct forwarder *forwarder, GError **error)
{
	const struct egress_service_context context = {
		.start = forwarder->start,
		.notifier = forwarder->notifier,
		.denials = forwarder->denials,
		.names = ledger_names(forwarder->ledger),
		.list_flows = on_list_flows,
		.cut = on_cut,
		.opaque = forwarder,
	};

	forwarder->egress = egress_service_new(&context, error);
	if (!forwarder->egress)
		return false;
	policy_set_egress(forwarder->policy, egress_service_rules(forwarder->egress));
	return true;
}

static void make_gate(struct forwarder *forwarder)
{
	const struct frame_gate_context context = {
		.link = &forwarder->start->link,
		.policy = forwarder->policy,
		.egress = egress_service_rules(forwarder->egress),
		.denials = forwarder->denials,
		.udp_peers = forwarder->udp_peers,
		.flows = forwarder->frame_flows,
		.ledger = forwarder->ledger,
		.tap = forwarder->tap,
		.stack = forwarder->stack,
	};

	forwarder->gate = frame_gate_new(&context);
}

static void start_resolver(struct forwarder *forwarder)
{
	const struct resolver_context context = {
		.watch = forwarder->watch,
		.notifier = forwarder->notifier,
		.tap = forwarder->tap,
		.way_out = &forwarder->way_out,
		.names = ledger_names(forwarder->ledger),
		.egress = egress_service_rules(forwarder->egress),
		.virtual_names = egress_service_virtual_names(forwarder->egress),
	};

	forwarder->resolver = resolver_new(&context, forwarder->start);
}

static void complete_frame_path(struct forwarder *forwarder)
{
	struct frame_path *path = &forwarder->frames;

	path->tap = forwarder->tap;
	path->limiter = forwarder->limiter;
	path->gate = forwarder->gate;
	path->flows = forwarder->frame_flows;
	path->udp_peers = forwarder->udp_peers;
	path->ledger = forwarder->ledger;
	path->resolver = forwarder->resolver;
	path->kernel_path = forwarder->kernel_path;
	path->stack_tcp = forwarder->stack_tcp;
	path->ping = forwarder->ping;
	path->stack = forwarder->stack;
}

static bool wire(struct forwarder *forwarder, GError **error)
{
	struct handoff_start *start = forwarder->start;

	forwarder->watch = watch_new(error);
	if (!forwarder->watch)
		return false;
	forwarder->limiter = limiter_new(&start->rates);
	forwarder->ledger = ledger_new();
	forwarder->frame_flows = frame_flows_new(forwarder->ledger, NULL);
	forwarder->udp_peers = udp_peers_new(&start->link);
	forwarder->policy = policy_new(&start->link, &start->access);
	if (start->outbound.proxy.kind != PROXY_NONE && !start->outbound.bypasses_proxy)
		policy_only_tcp(forwarder->policy);
	forwarder->denials = denials_new(forwarder->notifier);
	if (!start_egress(forwarder, error))
		return false;
	/* A duplicate: start's own descriptor keeps the device until everything else is gone. */
	int tap = fcntl(start->fds[HANDOFF_FD_TAP], F_DUPFD_CLOEXEC, 0);
	if (tap < 0)
		return failure_errno(error, "duplicate the TAP");
	forwarder->tap = tap_new(tap, start->link.mtu, frame_path_from_tap, &forwarder->frames);
	start_resolver(forwarder);
	const struct stack_options options = {
		.link = &start->link,
		.send_frame_to_tap = on_frame_to_tap,
		.take_proxied = on_proxied,
		.prepare_socket = on_stack_socket,
		.opaque = forwarder,
	};
	forwarder->proxied = proxied_new();
	forwarder->stack = stack_new(&options, error);
	start_ping(forwarder);
	if (!forwarder->stack || !start_paths(forwarder, error))
		return false;
	make_gate(forwarder);
	complete_frame_path(forwarder);
	forwarder->port_paths = (struct port_paths){forwarder->kernel_path, forwarder->stack};
	const struct port_backend backend = port_paths_backend(&forwarder->port_paths);
	forwarder->ports = port_table_new(&start->link, &backend);
	ledger_set_ports(forwarder->ledger, forwarder->ports, &start->link);
	if (!port_start_publish(forwarder->ports, &start->ports, error))
		return false;
	port_table_observe(forwarder->ports, on_ports_changed, forwarder);
	if (start->fds[HANDOFF_FD_CONTROL] >= 0)
		serve_control(forwarder);
	return true;
}

struct forwarder *forwarder_new(struct handoff_start *start, struct notifier *notifier,
				GError **error)
{
	struct forwarder *forwarder = g_new0(struct forwarder, 1);

	forwarder->start = start;
	forwarder->way_out = (struct way_out){&start->link, &start->outbound};
	forwarder->notifier = notifier;
	if (!wire(forwarder, error))
		g_clear_pointer(&forwarder, forwarder_free);
	return forwarder;
}

void forwarder_free(struct forwarder *forwarder)
{
	if (!forwarder)
		return;
	control_free(forwarder->control);
	relay_arrivals_free(forwarder->arrivals);
	g_clear_pointer(&forwarder->ports, port_table_free);
	kernel_path_free(forwarder->kernel_path);
	stack_tcp_free(forwarder->stack_tcp);
	g_clear_pointer(&forwarder->ping, ping_free);
	frame_gate_free(forwarder->gate);
	stack_free(forwarder->stack);
	proxied_free(forwarder->proxied);
	resolver_free(forwarder->resolver);
	limiter_free(forwarder->limiter);
	tap_free(forwarder->tap);
	egress_service_free(forwarder->egress);
	denials_free(forwarder->denials);
	frame_flows_free(forwarder->frame_flows);
	ledger_free(forwarder->ledger);
	g_clear_pointer(&forwarder->policy, policy_free);
	g_clear_pointer(&forwarder->udp_peers, udp_peers_free);
	g_clear_pointer(&forwarder->watch, watch_free);
	sandbox_layers_done(&forwarder->sandbox);
	g_free(forwarder);
}

bool forwarder_lock_down(struct forwarder *forwarder, int state_fd, GError **error)
{
	return sandbox_enter(&forwarder->sandbox, forwarder->start->sandbox, state_fd, error) &&
	       kernel_path_start(forwarder->kernel_path, error);
}

char *forwarder_note(const struct forwarder *forwarder)
{
	return sandbox_note(&forwarder->sandbox);
}

const struct port_table *forwarder_ports(const struct forwarder *forwarder)
{
	return forwarder->ports;
}

void forwarder_set_resolv_conf(struct forwarder *forwarder, const char *text)
{
	resolver_set(forwarder->resolver, text);
}

static struct succession succession_of(const struct forwarder *forwarder)
{
	return (struct succession){forwarder->tap, forwarder->kernel_path, forwarder->ledger};
}

bool forwarder_yield(struct forwarder *forwarder, int socket, GError **error)
{
	const struct succession succession = succession_of(forwarder);

	return succession_yield(&succession, socket, error);
}

void forwarder_resume(struct forwarder *forwarder)
{
	const struct succession succession = succession_of(forwarder);

	succession_resume(&succession);
}

bool forwarder_receive(struct forwarder *forwarder, int socket, GError **error)
{
	forwarder->arrivals = relay_arrivals_new();
	return succession_receive(forwarder->arrivals, socket, error);
}

bool forwarder_go(struct forwarder *forwarder, GError **error)
{
	const struct succession succession = succession_of(forwarder);

	return succession_go(&succession, forwarder->arrivals, error);
}

void forwarder_run(struct forwarder *forwarder, const bool *running)
{
	egress_service_recall(forwarder->egress);
	stack_run(forwarder->stack, running);
}
