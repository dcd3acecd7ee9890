/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_path - UDP of a gateway link, by the kernel's sockets on both sides */
#include "forwarder/udp_path.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "forwarder/udp_limit.h"
#include "src/autoclose.h"

/*
 * How it works
 *
 *   command ─▶ wildcard socket ──────┐                              ┌─▶ remote
 *           ─▶ promoted flow's own ──┴─▶ flow ─▶ mapping's socket ──┘
 *
 *   command ◀─ frame on the TAP ◀────┐                              ┌── remote
 *           ◀─ promoted flow's own ◀─┴── flow ◀─ mapping's socket ◀─┘
 *
 * A flow begins with a datagram from either side. Its first datagrams take the wildcard socket, and
 * frames written to the TAP: most flows are one question and one answer, for which a socket more
 * would be waste. A flow that goes on is promoted: it gets a transparent socket that is bound to
 * the remote and connected to the command, which the kernel prefers to the wildcard socket, and
 * from then on moves in batches. While none is in stock it just goes on as it began.
 *
 * Any call that opens a flow may end another one to make room: a pointer to a flow does not live
 * longer than one run, the messages of one batch that have the same two ends.
 *
 * When the command refuses (ICMP port unreachable), the flow ends, and an outgoing mapping without
 * flows closes its socket, so that the remote is refused next. To a published port's client an
 * unprivileged host cannot pass the refusal on.
 */

#define PROMOTE_DATAGRAMS 8
#define DNS_PORT	  53
#define ERRORS_PER_TURN	  64
#define BATCHES_PER_TURN  4
/* Batches of the wildcard socket that are read before a promoted flow's first: a full buffer. */
#define BATCHES_TO_SETTLE 64

struct wildcard {
	struct watch_entry entry; /* first: on_wildcard() casts */
	struct udp_path *path;
};

struct udp_path {
	struct udp_path_context context;
	struct wildcard wildcards[2]; /* IPv4, IPv6 */
	struct udp_batch *batch;
	struct udp_nat *nat;
	struct udp_flows *flows; /* the nat's */
	struct udp_limit limits[RATE_N_DIRECTIONS];
	gint64 now_us; /* of the turn */
	struct udp_path_stats stats;
};

static unsigned count_datagrams(const struct udp_message *messages, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += udp_message_datagrams(&messages[i]);
	return (unsigned)count;
}

static uint64_t count_bytes(const struct udp_message *messages, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += messages[i].size;
	return bytes;
}

/* Several answers may have been put together (UDP_GRO). */
static void learn_names(const struct udp_path *path, const struct udp_message *message)
{
	for (size_t at = 0; at < message->size; at += message->segment_size)
		name_table_learn(ledger_names(path->context.ledger), message->data + at,
				 MIN(message->segment_size, message->size - at));
}

static void reject(struct udp_path *path, const struct udp_endpoint *inner,
		   const struct udp_endpoint *remote, const struct udp_message *message,
		   enum reject_reason reason)
{
	const struct udp_packet packet = {
		.source = inner,
		.destination = remote,
		.data = message->data,
		.size = MIN(message->size, message->segment_size),
	};

	udp_command_reject(&path->context.command, &packet, reason);
}

/* --- from the command to the host --- */

/* Passes the errors that the network has reported on to the command. */
static void take_errors(struct udp_path *path, const struct udp_mapping *mapping)
{
	struct udp_error failure;

	for (unsigned i = 0; i < ERRORS_PER_TURN; i++) {
		if (!udp_io_receive_error(mapping->host.fd, &failure))
			return;
		/* The host has learned the path's MTU, and from now on makes fragments. */
		if (failure.errnum == 0 || failure.errnum == EMSGSIZE)
			continue;
		const struct udp_flow *flow =
			udp_flows_find_from_host(path->flows, mapping, &failure.to);
		const struct udp_message message = {
			.data = failure.data,
			.size = failure.size,
			.segment_size = failure.size,
		};
		if (flow)
			reject(path, &mapping->inner, &flow->remote, &message,
			       reject_reason_of_errno(failure.errnum));
	}
}

/* Errors that sendmsg(2) itself finds, as opposed to those of earlier datagrams. */
static bool is_unreachable(int errnum)
{
	return errnum == ENETUNREACH || errnum == EHOSTUNREACH || errnum == EACCES ||
	       errnum == EPERM || errnum == EADDRNOTAVAIL || errnum == ENODEV;
}

static void send_to_host(struct udp_path *path, struct udp_flow *flow, struct udp_message *messages,
			 size_t n)
{
	const struct udp_mapping *mapping = flow->mapping;
	bool is_retry = false;

	while (n > 0) {
		unsigned before = count_datagrams(messages, n);
		uint64_t bytes = count_bytes(messages, n);
		size_t sent = udp_io_send(mapping->host.fd, &flow->to_host, messages, n);
		int errnum = errno;

		path->stats.to_host += before - count_datagrams(messages + sent, n - sent);
		path->stats.bytes_to_host += bytes - count_bytes(messages + sent, n - sent);
		messages += sent;
		n -= sent;
		if (n == 0)
			return;
		if (errnum == EAGAIN || errnum == ENOBUFS)
			break;
		/* What a socket is told of one remote fails its next datagram to whomever. */
		is_retry = !is_retry || sent > 0;
		if (is_retry) {
			take_errors(path, mapping);
			continue;
		}
		if (is_unreachable(errnum))
			reject(path, &mapping->inner, &flow->remote, messages,
			       reject_reason_of_errno(errnum));
		path->stats.dropped++;
		messages++;
		n--;
	}
	path->stats.dropped += count_datagrams(messages, n);
}

static void on_promoted(struct watch_entry *entry, uint32_t events);

static void promote_if_due(struct udp_path *path, struct udp_flow *flow)
{
	if (flow->is_promoted || flow->datagrams < PROMOTE_DATAGRAMS ||
	    !udp_flows_make_room_to_promote(path->flows, path->now_us))
		return;
	flow->gateway.fd = udp_command_connect(&path->context.command, flow);
	flow->gateway.handler = on_promoted;
	if (flow->gateway.fd < 0)
		return;
	if (!watch_add(path->context.watch, &flow->gateway, EPOLLIN)) {
		close_fd(&flow->gateway.fd);
		return;
	}
	udp_flows_set_promoted(path->flows, flow, true);
	if (!flow->mapping->is_published)
		udp_io_prepare_bulk(flow->mapping->host.fd);
}

/* Messages of one flow. */
static void pass_from_command(struct udp_path *path, const struct udp_limit_ends *ends,
			      struct udp_message *messages, size_t n)
{
	const struct udp_endpoint *inner = &ends->inner, *remote = &ends->remote;
	unsigned datagrams = count_datagrams(messages, n);
	bool is_rejected;
	struct udp_flow *flow = udp_nat_flow_from_command(path->nat, inner, remote, &is_rejected);

	if (is_rejected) {
		path->stats.rejected += datagrams;
		reject(path, inner, remote, messages, REJECT_PROHIBITED);
	}
	if (!flow) {
		path->stats.dropped += datagrams;
		return;
	}
	udp_flows_note_from_command(path->flows, flow, datagrams, path->now_us);
	udp_flow_count(flow, count_bytes(messages, n), 0);
	send_to_host(path, flow, messages, n);
	promote_if_due(path, flow);
}

static void on_held_from_command(const struct udp_limit_ends *ends, struct udp_message *message,
				 void *opaque)
{
	struct udp_path *path = opaque;

	path->now_us = g_get_monotonic_time();
	pass_from_command(path, ends, message, 1);
}

static void run_from_command(struct udp_path *path, const struct udp_endpoint *remote,
			     struct udp_message *messages, size_t n)
{
	const struct udp_limit_ends ends = {messages->source, *remote};

	n = udp_limit_pass(&path->limits[RATE_OUT], &ends, messages, n);
	if (n > 0)
		pass_from_command(path, &ends, messages, n);
}

/* One batch; false when there was less than that. */
static bool read_wildcard(struct udp_path *path, struct wildcard *wildcard)
{
	struct udp_batch *batch = path->batch;

	if (!udp_batch_receive(batch, wildcard->entry.fd))
		return false;
	for (size_t i = 0, n; i < batch->count; i += n) {
		n = udp_batch_run(batch, i);
		run_from_command(path, &batch->messages[i].destination, &batch->messages[i], n);
	}
	return batch->count == UDP_BATCH_SIZE;
}

static void on_wildcard(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct wildcard *wildcard = (struct wildcard *)entry;

	wildcard->path->now_us = g_get_monotonic_time();
	for (unsigned i = 0; i < BATCHES_PER_TURN; i++)
		if (!read_wildcard(wildcard->path, wildcard))
			return;
}

/* Datagrams that arrived before the promotion go first. It may end the flow. */
static void settle(struct udp_path *path, struct udp_flow *flow)
{
	struct wildcard *wildcard =
		&path->wildcards[flow->remote.address.family == AF_INET ? 0 : 1];

	flow->is_settled = true;
	for (unsigned i = 0; i < BATCHES_TO_SETTLE; i++)
		if (!read_wildcard(path, wildcard))
			return;
}

static void on_promoted(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct udp_flow *flow = (struct udp_flow *)entry;
	struct udp_path *path = flow->owner;
	struct udp_batch *batch = path->batch;
	const struct udp_endpoint remote = flow->remote;

	path->now_us = g_get_monotonic_time();
	if (!flow->is_settled) {
		settle(path, flow);
		return;
	}
	if (!udp_batch_receive(batch, entry->fd)) {
		if (errno == ECONNREFUSED)
			udp_flows_forget(path->flows, flow);
		return;
	}
	/* Between bind(2) and connect(2) a socket hears others, too: each run tells its source. */
	for (size_t i = 0, n; i < batch->count; i += n) {
		n = udp_batch_run(batch, i);
		run_from_command(path, &remote, &batch->messages[i], n);
	}
}

/* --- from the host to the command --- */

static void pass_from_host(struct udp_path *path, struct udp_flow *flow,
			   struct udp_message *messages, size_t n)
{
	unsigned datagrams = count_datagrams(messages, n);
	uint64_t bytes = count_bytes(messages, n);

	udp_flow_count(flow, 0, bytes);
	path->stats.to_command += datagrams;
	path->stats.bytes_to_command += bytes;
	if (udp_command_send(&path->context.command, flow, messages, n))
		promote_if_due(path, flow);
	else
		udp_flows_forget(path->flows, flow);
}

static void on_held_from_host(const struct udp_limit_ends *ends, struct udp_message *message,
			      void *opaque)
{
	struct udp_path *path = opaque;
	struct udp_flow *flow =
		udp_flows_find_from_command(path->flows, &ends->inner, &ends->remote);

	path->now_us = g_get_monotonic_time();
	if (flow)
		pass_from_host(path, flow, message, 1);
	else
		path->stats.dropped += count_datagrams(message, 1);
}

static void run_from_host(struct udp_path *path, struct udp_mapping *mapping,
			  struct udp_message *messages, size_t n)
{
	unsigned datagrams = count_datagrams(messages, n);
	struct udp_flow *flow = udp_nat_flow_from_host(path->nat, mapping, &messages->source);

	if (!flow) {
		path->stats.dropped += datagrams;
		return;
	}
	if (mapping->is_published)
		flow->to_host.from = messages->destination.address;
	udp_flows_note_from_host(path->flows, flow, datagrams, path->now_us);
	for (size_t i = 0; i < n && flow->remote.port == DNS_PORT && flow->is_spoken_to; i++)
		learn_names(path, &messages[i]);
	const struct udp_limit_ends ends = {mapping->inner, flow->remote};
	n = udp_limit_pass(&path->limits[RATE_IN], &ends, messages, n);
	if (n > 0)
		pass_from_host(path, flow, messages, n);
}

static void on_host(struct watch_entry *entry, uint32_t events)
{
	struct udp_mapping *mapping = (struct udp_mapping *)entry;
	struct udp_path *path = mapping->owner;
	struct udp_batch *batch = path->batch;

	path->now_us = g_get_monotonic_time();
	if (events & EPOLLERR)
		take_errors(path, mapping);
	udp_flows_hold_mapping(mapping);
	if (udp_batch_receive(batch, entry->fd)) {
		for (size_t i = 0, n; i < batch->count; i += n) {
			n = udp_batch_run(batch, i);
			run_from_host(path, mapping, &batch->messages[i], n);
		}
	}
	udp_flows_release_mapping(path->flows, mapping);
}

/* --- life --- */

static void set_limits(struct udp_path *path, struct limiter *limiter)
{
	static const udp_limit_handler handlers[RATE_N_DIRECTIONS] = {
		[RATE_IN] = on_held_from_host,
		[RATE_OUT] = on_held_from_command,
	};

	for (int i = 0; limiter && i < RATE_N_DIRECTIONS; i++)
		path->limits[i] = (struct udp_limit){limiter_queue(limiter, i), handlers[i], path};
}

static void watch_wildcard(struct udp_path *path, struct wildcard *wildcard, int fd)
{
	wildcard->entry = (struct watch_entry){.fd = fd, .handler = on_wildcard};
	wildcard->path = path;
	if (fd < 0)
		return;
	udp_io_prepare_bulk(fd);
	watch_add(path->context.watch, &wildcard->entry, EPOLLIN);
}

struct udp_path *udp_path_new(const struct udp_path_context *context, const int wildcards[2])
{
	struct udp_path *path = g_new0(struct udp_path, 1);
	const struct udp_nat_context nat = {
		.watch = context->watch,
		.policy = context->policy,
		.denials = context->denials,
		.link = context->command.link,
		.way_out = context->way_out,
		.limits = context->limits,
		.on_host = on_host,
		.owner = path,
		.ledger = context->ledger,
	};

	path->context = *context;
	set_limits(path, context->limiter);
	path->batch = udp_batch_new();
	path->nat = udp_nat_new(&nat);
	path->flows = udp_nat_flows(path->nat);
	for (int i = 0; i < 2; i++)
		watch_wildcard(path, &path->wildcards[i], wildcards[i]);
	return path;
}

static void unwatch_wildcard(struct udp_path *path, struct wildcard *wildcard)
{
	if (wildcard->entry.fd < 0)
		return;
	watch_remove(path->context.watch, &wildcard->entry);
	close(wildcard->entry.fd);
}

void udp_path_free(struct udp_path *path)
{
	if (!path)
		return;
	for (int i = 0; i < 2; i++)
		unwatch_wildcard(path, &path->wildcards[i]);
	udp_nat_free(path->nat);
	udp_batch_free(path->batch);
	g_free(path);
}

struct udp_nat *udp_path_nat(const struct udp_path *path)
{
	return path->nat;
}

void udp_path_get_stats(const struct udp_path *path, struct udp_path_stats *ret_stats)
{
	*ret_stats = path->stats;
	ret_stats->opened = udp_nat_count_opened(path->nat);
	ret_stats->flows = udp_flows_count(path->flows);
	ret_stats->promoted = udp_flows_count_promoted(path->flows);
	ret_stats->evicted = udp_flows_count_evicted(path->flows);
}
