/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_path - what a gateway link has beside libslirp: TCP and UDP by the kernel's sockets */
#include "forwarder/kernel_path.h"

#include <sys/resource.h>

#include "forwarder/socket_pool.h"
#include "src/json_add.h"

/*
 * How it works
 *
 *   SYN from the TAP ──▶ outgoing ─┐
 *                                  ├─▶ relay (worker threads)
 *   client of a port ──▶ published ┘
 *                           └── socket_pool ◀── namespace agent
 *                                   └───▶ udp_path ◀─▶ datagrams of both sides
 */

struct kernel_path {
	struct relay *relay;
	struct socket_pool *pool;
	struct outgoing *outgoing;
	struct published *published;
	struct tcp_congestion congestion;
	struct udp_path *udp; /* NULL when the launcher leaves UDP to libslirp */
};

/* Flows of UDP must not take the descriptors that TCP needs. */
static struct udp_limits choose_udp_limits(const struct link_config *link)
{
	struct udp_limits limits = udp_limits_default;

	if (link->udp_timeout)
		limits.idle_s = link->udp_timeout;
	if (link->udp_brief_timeout)
		limits.brief_s = link->udp_brief_timeout;
	struct rlimit descriptors;

	if (getrlimit(RLIMIT_NOFILE, &descriptors) < 0)
		return limits;
	rlim_t quarter = MAX(descriptors.rlim_cur / 4, 1);
	limits.max_flows = (unsigned)MIN(limits.max_flows, quarter);
	limits.max_promoted = (unsigned)MIN(limits.max_promoted, quarter);
	return limits;
}

static void start_udp(struct kernel_path *path, const struct kernel_path_context *context,
		      struct handoff_start *start)
{
	const int wildcards[] = {handoff_take_fd(start, HANDOFF_FD_UDP4),
				 handoff_take_fd(start, HANDOFF_FD_UDP6)};
	const struct udp_path_context udp = {
		.watch = context->watch,
		.policy = context->policy,
		.way_out = context->way_out,
		.denials = context->denials,
		.ledger = context->ledger,
		.command = {.link = &start->link, .tap = context->tap, .pool = path->pool},
		.limits = choose_udp_limits(&start->link),
		.limiter = context->limiter,
	};

	if (wildcards[0] >= 0)
		path->udp = udp_path_new(&udp, wildcards);
}

struct kernel_path *kernel_path_new(const struct kernel_path_context *context,
				    struct handoff_start *start, GError **error)
{
	struct kernel_path *path = g_new0(struct kernel_path, 1);
	int witness = start->fds[HANDOFF_FD_TCP4];
	const int listeners[] = {handoff_take_fd(start, HANDOFF_FD_TCP4),
				 handoff_take_fd(start, HANDOFF_FD_TCP6)};

	tcp_congestion_find(&path->congestion);
	path->relay = relay_new(0, error);
	if (!path->relay) {
		g_free(path);
		return NULL;
	}
	if (context->limiter)
		relay_set_limits(path->relay, limiter_bucket(context->limiter, RATE_OUT),
				 limiter_bucket(context->limiter, RATE_IN));
	const struct outgoing_context outgoing = {
		.watch = context->watch,
		.tap = context->tap,
		.relay = path->relay,
		.policy = context->policy,
		.way_out = context->way_out,
		.congestion = &path->congestion,
		.ledger = context->ledger,
		.virtual_names = context->virtual_names,
	};
	path->outgoing = outgoing_new(&outgoing, listeners, error);
	if (!path->outgoing) {
		kernel_path_free(path);
		return NULL;
	}
	const struct published_context published = {
		.watch = context->watch,
		.relay = path->relay,
		.link = &start->link,
		.congestion = &path->congestion,
		.ledger = context->ledger,
	};
	path->published = published_new(&published);
	path->pool = socket_pool_new(context->watch, handoff_take_fd(start, HANDOFF_FD_AGENT),
				     witness, published_on_sockets, path->published);
	published_set_pool(path->published, path->pool);
	start_udp(path, context, start);
	return path;
}

bool kernel_path_start(struct kernel_path *path, GError **error)
{
	return !path || relay_start(path->relay, error);
}

void kernel_path_free(struct kernel_path *path)
{
	if (!path)
		return;
	udp_path_free(path->udp);
	published_free(path->published);
	socket_pool_free(path->pool);
	outgoing_free(path->outgoing);
	relay_free(path->relay);
	g_free(path);
}

void kernel_path_pause(struct kernel_path *path, bool is_paused)
{
	published_pause(path->published, is_paused);
}

bool kernel_path_is_settled(const struct kernel_path *path)
{
	struct outgoing_stats outgoing;
	struct published_stats published;

	outgoing_get_stats(path->outgoing, &outgoing);
	published_get_stats(path->published, &published);
	return outgoing.pending == 0 && published.pending == 0;
}

struct relay *kernel_path_relay(const struct kernel_path *path)
{
	return path->relay;
}

bool kernel_path_publishes(const struct kernel_path *path, int protocol)
{
	return path && (protocol == IPPROTO_TCP || (protocol == IPPROTO_UDP && path->udp));
}

bool kernel_path_frame_from_tap(struct kernel_path *path, const struct frame *frame)
{
	if (!path || frame->kind != FRAME_IP || frame->protocol != IPPROTO_TCP)
		return false;
	outgoing_segment_from_tap(path->outgoing, frame);
	return true;
}

bool kernel_path_publish(struct kernel_path *path, const struct port_binding *binding,
			 GError **error)
{
	if (binding->protocol == IPPROTO_UDP)
		return udp_nat_publish(udp_path_nat(path->udp), binding, error);
	return published_add(path->published, binding, error);
}

void kernel_path_unpublish(struct kernel_path *path, const struct port_binding *binding)
{
	if (binding->protocol == IPPROTO_UDP)
		udp_nat_unpublish(udp_path_nat(path->udp), binding->fd);
	else
		published_remove(path->published, binding->fd);
}

void kernel_path_list(const struct kernel_path *path, struct flow_page *page)
{
	if (!path)
		return;
	relay_list(path->relay, page);
	outgoing_list(path->outgoing, page);
	published_list(path->published, page);
	if (path->udp)
		udp_flows_list(udp_nat_flows(udp_path_nat(path->udp)), page);
}

void kernel_path_apply_limits(struct kernel_path *path)
{
	if (path)
		relay_apply_limits(path->relay);
}

void kernel_path_cut(struct kernel_path *path, flow_judge may_go_on, void *opaque)
{
	if (!path)
		return;
	outgoing_cut(path->outgoing, may_go_on, opaque);
	relay_cut(path->relay, may_go_on, opaque);
	if (path->udp)
		udp_flows_cut(udp_nat_flows(udp_path_nat(path->udp)), may_go_on, opaque);
}

void kernel_path_get_stats(const struct kernel_path *path, struct kernel_path_stats *ret_stats)
{
	*ret_stats = (struct kernel_path_stats){0};
	if (!path)
		return;
	relay_get_stats(path->relay, &ret_stats->relay);
	outgoing_get_stats(path->outgoing, &ret_stats->outgoing);
	published_get_stats(path->published, &ret_stats->published);
	if (path->udp)
		udp_path_get_stats(path->udp, &ret_stats->udp);
}

static void describe_udp(const struct udp_path_stats *stats, JsonBuilder *builder)
{
	json_add_int(builder, "udp_flows", stats->flows);
	json_add_int(builder, "udp_promoted", stats->promoted);
	json_add_int(builder, "udp_opened", stats->opened);
	json_add_int(builder, "udp_evicted", stats->evicted);
	json_add_int(builder, "udp_datagrams_to_host", stats->to_host);
	json_add_int(builder, "udp_datagrams_to_namespace", stats->to_command);
	json_add_int(builder, "udp_dropped", stats->dropped);
}

void kernel_path_describe(const struct kernel_path *path, JsonBuilder *builder)
{
	struct kernel_path_stats stats;

	kernel_path_get_stats(path, &stats);
	json_add_int(builder, "tcp_active", stats.relay.active);
	json_add_int(builder, "tcp_opened", stats.relay.opened);
	json_add_int(builder, "tcp_reset", stats.relay.reset);
	json_add_int(builder, "tcp_bytes_to_host", stats.relay.bytes_to_host);
	json_add_int(builder, "tcp_bytes_to_namespace", stats.relay.bytes_to_namespace);
	json_add_int(builder, "outgoing_connected", stats.outgoing.connected);
	json_add_int(builder, "outgoing_failed", stats.outgoing.failed);
	json_add_int(builder, "outgoing_unmatched", stats.outgoing.unmatched);
	json_add_int(builder, "outgoing_evicted", stats.outgoing.evicted);
	json_add_int(builder, "published_connected", stats.published.connected);
	json_add_int(builder, "published_failed", stats.published.failed);
	if (path->udp)
		describe_udp(&stats.udp, builder);
}
