/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_endpoint - a service of the forwarder's own that the command reaches by TCP, as frames */
#include "forwarder/tcp_endpoint.h"

#include <netinet/tcp.h>
#include <string.h>
#include <sys/random.h>

#include "forwarder/reject.h"
#include "forwarder/tcp_frame.h"

/*
 * How it works
 *
 *   SYN ─▶ (half open) ─ ACK ─▶ open ─┬─ FIN of the peer ─▶ has_ended ─┬─▶ dropped, when both have
 *                                     └─ tcp_stream_close() ─▶ FIN ────┘   acknowledged the other's
 *
 * The passive half of RFC 9293 for exchanges of a few kilobytes over a link that is one machine's
 * memory: nothing comes out of order there, and next to nothing gets lost. So what is out of order
 * is asked for again, what is not acknowledged is sent again from its start, and the peer's window
 * is the only limit. Both links have all segments for the service come here.
 */

#define DUPLICATES 3 /* acknowledgments of the same: RFC 5681 3.2 */
#define MSS_MIN	   28

struct tcp_endpoint {
	struct tcp_streams streams;
};

static void refuse(struct tcp_endpoint *endpoint, const struct frame *frame)
{
	uint8_t answer[REJECT_FRAME_SIZE];
	size_t size = reject_build(frame, REJECT_REFUSED, answer);

	if (size)
		endpoint->streams.send_frame_to_tap(answer, size, endpoint->streams.opaque);
}

static uint32_t first_sequence(void)
{
	uint32_t number;

	return getrandom(&number, sizeof(number), 0) == sizeof(number) ? number : g_random_int();
}

static size_t choose_mss(const struct tcp_endpoint *endpoint, const struct tcp_segment *syn)
{
	size_t peers = syn->mss ? syn->mss : TCP_FRAME_MSS_DEFAULT;
	size_t ours = endpoint->streams.link->mtu - tcp_frame_headers(syn->source.family);

	return MAX(MIN(peers, ours), MSS_MIN);
}

static void note_peer(struct tcp_endpoint *endpoint, struct tcp_stream *stream,
		      const struct frame *frame)
{
	memcpy(stream->peer.bytes, frame->data + offsetof(struct ether_header, ether_shost),
	       ETH_ALEN);
	g_queue_unlink(&endpoint->streams.queue, &stream->link);
	g_queue_push_tail_link(&endpoint->streams.queue, &stream->link);
}

static void open_stream(struct tcp_endpoint *endpoint, const struct flow_ends *ends,
			const struct frame *frame, const struct tcp_segment *syn)
{
	if (endpoint->streams.queue.length >= TCP_STREAMS_MAX)
		tcp_stream_reset(endpoint->streams.queue.head->data);
	struct tcp_stream *stream =
		tcp_stream_new(&endpoint->streams, ends, first_sequence(), syn->sequence + 1);
	stream->peer_window = syn->window;
	stream->mss = choose_mss(endpoint, syn);
	note_peer(endpoint, stream, frame);
	tcp_stream_send_syn_ack(stream);
}

/* --- receiving --- */

/* What is acknowledged is done with. */
static void advance(struct tcp_stream *stream, uint32_t n)
{
	const struct tcp_service *service = &stream->streams->service;
	guint of_data;

	if (!stream->is_open) {
		stream->is_open = true;
		stream->una++;
		n--;
		stream->connection = service->opened(stream, service->opaque);
	}
	of_data = MIN(n, stream->out->len);
	g_byte_array_remove_range(stream->out, 0, of_data);
	stream->una += n;
	/* Behind the data there is but the FIN. */
	stream->is_close_acknowledged = stream->is_close_acknowledged || n > of_data;
	if (tcp_stream_is_after(stream->una, stream->next))
		stream->next = stream->una;
	tcp_stream_note_progress(stream);
}

static bool is_duplicate(const struct tcp_stream *stream, const struct tcp_segment *segment)
{
	return segment->acknowledgment == stream->una && stream->una != stream->max &&
	       segment->size == 0 && !(segment->flags & TH_FIN) &&
	       segment->window == stream->peer_window;
}

/* False if nothing of the segment counts. */
static bool take_acknowledgment(struct tcp_stream *stream, const struct tcp_segment *segment)
{
	uint32_t number = segment->acknowledgment;

	if (tcp_stream_is_after(number, stream->max) ||
	    (!stream->is_open && number != stream->max)) {
		if (stream->is_open)
			tcp_stream_acknowledge(stream);
		else
			tcp_stream_reset(stream);
		return false;
	}
	if (is_duplicate(stream, segment) && ++stream->duplicates == DUPLICATES)
		stream->next = stream->una;
	stream->peer_window = segment->window;
	if (tcp_stream_is_after(number, stream->una))
		advance(stream, number - stream->una);
	return !stream->is_gone;
}

static void take_data(struct tcp_stream *stream, const struct tcp_segment *segment)
{
	size_t known = stream->expected - segment->sequence;
	size_t left, size;

	if (tcp_stream_is_after(segment->sequence, stream->expected) || known > segment->size ||
	    stream->has_ended)
		return;
	left = segment->size - known;
	size = MIN(left, TCP_INPUT_MAX - stream->in->len);
	g_byte_array_append(stream->in, segment->data + known, (guint)size);
	stream->has_ended = segment->flags & TH_FIN && size == left;
	stream->expected += (uint32_t)size + stream->has_ended;
	if (size > 0 || stream->has_ended)
		stream->progress_us = g_get_monotonic_time();
}

/* By RFC 9293 3.10.7.4 and RFC 5961: what might be somebody else's guess is asked back. */
static void take_odd(struct tcp_stream *stream, const struct tcp_segment *segment)
{
	if (segment->flags & TH_RST) {
		if (segment->sequence == stream->expected)
			tcp_stream_drop(stream);
		else if (segment->sequence - stream->expected < TCP_INPUT_MAX)
			tcp_stream_acknowledge(stream);
	} else if (!stream->is_open && segment->sequence == stream->expected - 1) {
		tcp_stream_send_syn_ack(stream);
	} else {
		tcp_stream_acknowledge(stream);
	}
}

static void take_segment(struct tcp_stream *stream, const struct tcp_segment *segment)
{
	bool needs_answer = segment->size > 0 || segment->flags & TH_FIN;
	uint64_t n_emitted = stream->n_emitted;

	if (segment->flags & (TH_RST | TH_SYN)) {
		take_odd(stream, segment);
		return;
	}
	if (!(segment->flags & TH_ACK) || !take_acknowledgment(stream, segment))
		return;
	take_data(stream, segment);
	/* Also what was left unread before: what has been acknowledged may have made room. */
	if (stream->in->len > 0 || stream->has_ended)
		stream->streams->service.readable(stream->connection);
	if (stream->is_gone)
		return;
	tcp_stream_transmit(stream);
	if (needs_answer && stream->n_emitted == n_emitted)
		tcp_stream_acknowledge(stream);
	if (stream->has_ended && stream->is_close_acknowledged)
		tcp_stream_drop(stream);
}

void tcp_endpoint_frame_from_tap(struct tcp_endpoint *endpoint, const struct frame *frame)
{
	const struct flow_ends ends = {
		.command = frame->source,
		.remote = frame->destination,
		.command_port = frame->source_port,
		.remote_port = frame->destination_port,
	};
	struct tcp_stream *stream = g_hash_table_lookup(endpoint->streams.by_ends, &ends);
	struct tcp_segment segment;

	tcp_frame_read(frame, &segment);
	if (stream) {
		tcp_stream_hold(stream);
		note_peer(endpoint, stream, frame);
		take_segment(stream, &segment);
		tcp_stream_release(stream);
	} else if ((segment.flags & (TH_SYN | TH_ACK | TH_RST | TH_FIN)) == TH_SYN) {
		open_stream(endpoint, &ends, frame, &segment);
	} else {
		refuse(endpoint, frame);
	}
}

/* --- life --- */

struct tcp_endpoint *tcp_endpoint_new(const struct tcp_endpoint_context *context)
{
	struct tcp_endpoint *endpoint = g_new0(struct tcp_endpoint, 1);

	endpoint->streams = (struct tcp_streams){
		.link = context->link,
		.send_frame_to_tap = context->send_frame_to_tap,
		.opaque = context->opaque,
		.service = context->service,
		.by_ends = g_hash_table_new(flow_ends_hash, flow_ends_equal),
	};
	return endpoint;
}

void tcp_endpoint_free(struct tcp_endpoint *endpoint)
{
	if (!endpoint)
		return;
	while (endpoint->streams.queue.head)
		tcp_stream_reset(endpoint->streams.queue.head->data);
	g_hash_table_unref(endpoint->streams.by_ends);
	g_free(endpoint);
}

unsigned tcp_endpoint_count(const struct tcp_endpoint *endpoint)
{
	return endpoint->streams.queue.length;
}
