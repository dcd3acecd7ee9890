/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outgoing - TCP connections of the command, from SYN to relay (or to libslirp) */
#include "forwarder/outgoing.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "forwarder/host_connection.h"
#include "forwarder/listener.h"
#include "forwarder/recent_syns.h"
#include "forwarder/reject.h"
#include "src/failure.h"
#include "src/gateway_marker.h"

/*
 * How it works
 *
 *   SYN from the TAP ─▶ CONNECTING ── host connected ─▶ HANDED_BACK ── accepted ─▶ relay
 *                           └─ host refused ─▶ RST or ICMP
 *
 * A pending connection is known by its 4-tuple. While it is CONNECTING, retransmitted SYNs are
 * absorbed; the newest is kept, because the command may have given up and begun anew with the same
 * port. When the host's connection stands, the SYN goes back with the marker MAC, the gateway's
 * kernel finishes the handshake and the listener yields the command's side. A retransmission in
 * that state tells that the SYN or the answer got lost: it is handed back again. One that comes
 * when the connection has been accepted was on its way before that, and is ignored. A new
 * connection with the same port in that state gets a host connection of its own.
 *
 * A host connect() that times out is a black hole for the command as well: it gets no answer.
 *
 * Trust: whoever gets into the gateway can connect to the listeners. What has no pending host
 * connection is reset.
 */

/* Half-open connections that the command may have, at most; the oldest makes room. */
#define PENDING_MAX 4096
/* A SYN brings data only with a TCP Fast Open cookie (RFC 7413), which nobody here gives. */
#define SYN_PAYLOAD_MAX 1460
/* How long a SYN that was handed back may take to be accepted. */
#define HANDED_BACK_S	 20
#define SWEEP_INTERVAL_S 5

struct pending {
	struct host_connection host; /* first: on_connected() casts */
	struct outgoing *outgoing;
	struct flow_identity flow;
	GList link; /* in outgoing->queue */
	uint8_t *syn;
	size_t syn_size;
	uint32_t sequence; /* the SYN's number */
	bool is_handed_back;
	gint64 handed_back_us;
	unsigned n_forerunners; /* given up, may still be accepted, after their reset */
};

struct outgoing {
	struct outgoing_context context;
	struct host_connection_context host;
	struct listener *listeners[2];
	GHashTable *pendings; /* struct flow_ends in struct pending -> struct pending */
	GQueue queue;	      /* oldest first */
	guint sweep;	      /* source, or 0 */
	guint pending_max;
	struct recent_syns accepted;
	struct outgoing_stats stats;
};

/* --- the table --- */

/* Forgets a pending connection; its host socket, if it still has one, is closed. */
static void forget(struct pending *pending)
{
	struct outgoing *outgoing = pending->outgoing;

	host_connection_done(&pending->host);
	g_hash_table_remove(outgoing->pendings, &pending->flow.ends);
	g_queue_unlink(&outgoing->queue, &pending->link);
	g_free(pending->syn);
	g_free(pending);
}

static void evict_oldest(struct outgoing *outgoing)
{
	outgoing->stats.evicted++;
	forget(outgoing->queue.head->data);
}

static uint32_t sequence_of(const struct frame *frame)
{
	uint32_t sequence;

	memcpy(&sequence, frame->data + frame->transport_offset + offsetof(struct tcphdr, seq),
	       sizeof(sequence));
	return sequence;
}

static void keep_syn(struct pending *pending, const struct frame *frame)
{
	g_free(pending->syn);
	pending->sequence = sequence_of(frame);
	pending->syn = g_memdup2(frame->data, frame->size);
	pending->syn_size = frame->size;
}

static void on_connected(struct host_connection *host, int errnum);

static struct pending *remember(struct outgoing *outgoing, const struct flow_ends *ends,
				const struct frame *frame)
{
	struct pending *pending = g_new0(struct pending, 1);

	if (outgoing->queue.length >= outgoing->pending_max)
		evict_oldest(outgoing);
	pending->outgoing = outgoing;
	pending->flow = ledger_begin(outgoing->context.ledger, ends, false);
	host_connection_init(&pending->host, &outgoing->host, on_connected);
	pending->link.data = pending;
	keep_syn(pending, frame);
	g_hash_table_insert(outgoing->pendings, &pending->flow.ends, pending);
	g_queue_push_tail_link(&outgoing->queue, &pending->link);
	return pending;
}

/* --- from SYN to host connection --- */

static void refuse(struct pending *pending, int errnum)
{
	struct outgoing *outgoing = pending->outgoing;
	uint8_t answer[REJECT_FRAME_SIZE];
	struct frame frame;

	outgoing->stats.failed++;
	if (errnum != ETIMEDOUT) {
		frame_parse(&frame, pending->syn, pending->syn_size);
		size_t size = reject_build(&frame, reject_reason_of_errno(errnum), answer);
		if (size)
			tap_write_frame(outgoing->context.tap, answer, size);
	}
	forget(pending);
}

static gboolean on_sweep(gpointer data)
{
	struct outgoing *outgoing = data;
	gint64 limit_us = g_get_monotonic_time() - HANDED_BACK_S * G_USEC_PER_SEC;
	bool is_needed = false;

	for (GList *link = outgoing->queue.head, *next; link; link = next) {
		struct pending *pending = link->data;
		next = link->next;
		if (pending->is_handed_back && pending->handed_back_us < limit_us)
			forget(pending);
		else
			is_needed |= pending->is_handed_back;
	}
	if (!is_needed)
		outgoing->sweep = 0;
	return is_needed;
}

/* Where libslirp has the command's side: it is there at once. */
static void hand_over(struct pending *pending)
{
	struct outgoing *outgoing = pending->outgoing;
	const struct outgoing_context *context = &outgoing->context;

	outgoing->stats.connected++;
	recent_syns_note(&outgoing->accepted, flow_ends_hash(&pending->flow.ends),
			 pending->sequence, g_get_monotonic_time());
	if (context->hand_over(pending->syn, pending->syn_size,
			       host_connection_take(&pending->host), context->opaque))
		forget(pending);
	else
		refuse(pending, ENETUNREACH);
}

static void hand_back(struct pending *pending)
{
	static const struct mac_address marker = GATEWAY_MARKER_MAC;
	struct outgoing *outgoing = pending->outgoing;

	memcpy(pending->syn, marker.bytes, sizeof(marker.bytes));
	if (!pending->is_handed_back)
		outgoing->stats.connected++;
	pending->is_handed_back = true;
	pending->handed_back_us = g_get_monotonic_time();
	if (!outgoing->sweep)
		outgoing->sweep = g_timeout_add_seconds(SWEEP_INTERVAL_S, on_sweep, outgoing);
	tap_write_frame(outgoing->context.tap, pending->syn, pending->syn_size);
}

/* Errors of our own side: the command's retransmission is the next try. */
static bool is_temporary(int errnum)
{
	return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS || errnum == ENOMEM ||
	       errnum == EADDRNOTAVAIL || errnum == EAGAIN;
}

static void conclude(struct pending *pending, int errnum)
{
	if (errnum == 0 && pending->outgoing->context.hand_over)
		hand_over(pending);
	else if (errnum == 0)
		hand_back(pending);
	else if (is_temporary(errnum))
		forget(pending);
	else
		refuse(pending, errnum);
}

static void on_connected(struct host_connection *host, int errnum)
{
	conclude((struct pending *)host, errnum);
}

static void start(struct pending *pending)
{
	struct outgoing *outgoing = pending->outgoing;
	int errnum = host_connection_start(&pending->host, &pending->flow.ends);

	/* A flood of SYNs to a black hole must not keep a live connection from its descriptor. */
	if ((errnum == EMFILE || errnum == ENFILE) && outgoing->queue.head->data != pending) {
		evict_oldest(outgoing);
		errnum = host_connection_start(&pending->host, &pending->flow.ends);
	}
	if (errnum != EINPROGRESS)
		conclude(pending, errnum);
}

static bool is_late(const struct outgoing *outgoing, const struct flow_ends *ends,
		    const struct frame *frame)
{
	return recent_syns_has(&outgoing->accepted, flow_ends_hash(ends), sequence_of(frame),
			       g_get_monotonic_time());
}

/* The command has begun anew: the host may have ended what nobody has taken since. */
static bool is_given_up(const struct pending *pending, const struct frame *frame)
{
	return pending->is_handed_back && pending->sequence != sequence_of(frame);
}

static void begin_anew(struct pending *old, const struct frame *frame)
{
	const struct flow_ends ends = old->flow.ends;
	struct outgoing *outgoing = old->outgoing;
	unsigned n_forerunners = old->n_forerunners + 1;

	forget(old);
	struct pending *pending = remember(outgoing, &ends, frame);
	pending->n_forerunners = n_forerunners;
	start(pending);
}

bool outgoing_segment_from_tap(struct outgoing *outgoing, const struct frame *frame)
{
	const struct flow_ends ends = {
		.command = frame->source,
		.remote = frame->destination,
		.command_port = frame->source_port,
		.remote_port = frame->destination_port,
	};

	if (!frame->has_ports || (frame->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) != TH_SYN ||
	    frame->end - frame->payload_offset > SYN_PAYLOAD_MAX)
		return false;
	if (is_late(outgoing, &ends, frame))
		return false;
	struct pending *pending = g_hash_table_lookup(outgoing->pendings, &ends);
	if (!pending) {
		start(remember(outgoing, &ends, frame));
	} else if (is_given_up(pending, frame)) {
		begin_anew(pending, frame);
	} else {
		keep_syn(pending, frame);
		if (pending->is_handed_back)
			hand_back(pending);
	}
	return true;
}

/* --- from the gateway to the relay --- */

/* The handshake of one that was given up may have ended before. */
static bool is_forerunner(struct pending *pending, int fd)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);

	if (pending->n_forerunners == 0 || getpeername(fd, (struct sockaddr *)&peer, &size) == 0 ||
	    errno != ENOTCONN)
		return false;
	pending->n_forerunners--;
	return true;
}

static void on_accepted(int fd, const struct sockaddr *peer, void *opaque)
{
	struct outgoing *outgoing = opaque;
	struct sockaddr_storage local;
	socklen_t size = sizeof(local);
	struct flow_ends ends = {0};
	struct pending *pending = NULL;

	/* The listener is transparent: its connections' own address is the destination that was
	 * meant. */
	if (getsockname(fd, (struct sockaddr *)&local, &size) == 0 &&
	    ip_address_from_sockaddr(peer, &ends.command, &ends.command_port) &&
	    ip_address_from_sockaddr((struct sockaddr *)&local, &ends.remote, &ends.remote_port))
		pending = g_hash_table_lookup(outgoing->pendings, &ends);
	if (!pending || is_forerunner(pending, fd) || !pending->is_handed_back) {
		outgoing->stats.unmatched++;
		relay_reset_socket(fd);
		return;
	}
	recent_syns_note(&outgoing->accepted, flow_ends_hash(&ends), pending->sequence,
			 g_get_monotonic_time());
	const struct relay_connection connection = {
		.flow = pending->flow,
		.origin = RELAY_OUTGOING,
		.namespace_fd = fd,
		.host_fd = host_connection_take(&pending->host),
	};
	relay_add(outgoing->context.relay, &connection);
	forget(pending);
}

/* A quarter of the descriptors: the others are for connections that stand. */
static guint pending_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 4 > PENDING_MAX)
		return PENDING_MAX;
	return MAX((guint)limit.rlim_cur / 4, 1);
}

struct outgoing *outgoing_new(const struct outgoing_context *context, const int listeners[2],
			      GError **error)
{
	struct outgoing *outgoing = g_new0(struct outgoing, 1);
	bool ok = true;

	outgoing->context = *context;
	outgoing->host = (struct host_connection_context){
		.watch = context->watch,
		.policy = context->policy,
		.way_out = context->way_out,
		.congestion = context->congestion,
		.names = ledger_names(context->ledger),
		.virtual_names = context->virtual_names,
	};
	outgoing->pendings = g_hash_table_new(flow_ends_hash, flow_ends_equal);
	outgoing->pending_max = pending_max();
	for (int i = 0; i < 2; i++) {
		if (listeners[i] < 0)
			continue;
		tcp_options_set(listeners[i]);
		outgoing->listeners[i] =
			listener_new(context->watch, listeners[i], on_accepted, outgoing);
		if (!outgoing->listeners[i])
			ok = failure_errno(error, "watch the gateway's listener");
	}
	if (!ok)
		g_clear_pointer(&outgoing, outgoing_free);
	return outgoing;
}

void outgoing_free(struct outgoing *outgoing)
{
	if (!outgoing)
		return;
	for (int i = 0; i < 2; i++)
		listener_free(outgoing->listeners[i]);
	while (outgoing->queue.head)
		forget(outgoing->queue.head->data);
	g_hash_table_unref(outgoing->pendings);
	if (outgoing->sweep)
		g_source_remove(outgoing->sweep);
	g_free(outgoing);
}

void outgoing_get_stats(const struct outgoing *outgoing, struct outgoing_stats *ret_stats)
{
	*ret_stats = outgoing->stats;
	ret_stats->pending = outgoing->queue.length;
}

void outgoing_cut(struct outgoing *outgoing, flow_judge may_go_on, void *opaque)
{
	for (GList *link = outgoing->queue.head, *next; link; link = next) {
		struct pending *pending = link->data;
		next = link->next;
		if (may_go_on(&pending->flow.ends, IPPROTO_TCP, opaque))
			continue;
		/* Of one that was handed back the gateway's side is reset when it is accepted. */
		if (pending->is_handed_back)
			forget(pending);
		else
			refuse(pending, EACCES);
	}
}

void outgoing_list(const struct outgoing *outgoing, struct flow_page *page)
{
	for (const GList *link = outgoing->queue.head; link; link = link->next) {
		const struct pending *pending = link->data;
		const struct flow_record record = {
			.identity = pending->flow,
			.protocol = IPPROTO_TCP,
			.state = FLOW_CONNECTING,
		};

		if (flow_page_wants(page, pending->flow.id))
			flow_page_add(page, &record);
	}
}
