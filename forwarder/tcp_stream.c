/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_stream - one connection of a tcp_endpoint: what is sent, kept, and sent again */
#include "forwarder/tcp_stream.h"

#include <netinet/tcp.h>

#include "forwarder/tcp_frame.h"

#define FIRST_RTO_MS 200
#define LAST_RTO_MS  5000

bool tcp_stream_is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* --- sending --- */

static void emit(struct tcp_stream *stream, uint8_t flags, const uint8_t *data, size_t size)
{
	struct tcp_streams *streams = stream->streams;
	struct link_config link = *streams->link;
	const struct flow_ends *ends = &stream->ends;
	struct tcp_segment segment = {
		.source = ends->remote,
		.destination = ends->command,
		.source_port = ends->remote_port,
		.destination_port = ends->command_port,
		.sequence = stream->next,
		.acknowledgment = stream->expected,
		.flags = flags,
		.window = (uint16_t)(TCP_INPUT_MAX - stream->in->len),
		.data = data,
		.size = size,
	};

	if (flags & TH_SYN)
		segment.mss = (uint16_t)(link.mtu - tcp_frame_headers(ends->command.family));
	/* The MAC address is the one that the peer has right now. */
	link.mac = stream->peer;
	stream->n_emitted++;
	tcp_frame_to_command(&link, &segment, streams->send_frame_to_tap, streams->opaque);
}

void tcp_stream_acknowledge(struct tcp_stream *stream)
{
	uint32_t next = stream->next;

	/* A number that was sent already would not be heard. */
	stream->next = stream->max;
	emit(stream, TH_ACK, NULL, 0);
	stream->next = next;
}

static gboolean on_timer(gpointer data);

static void set_timer(struct tcp_stream *stream)
{
	bool is_outstanding = stream->una != stream->max || stream->out->len > 0;

	g_clear_handle_id(&stream->timer, g_source_remove);
	stream->timer = g_timeout_add(is_outstanding ? stream->rto_ms : TCP_IDLE_S * 1000, on_timer,
				      stream);
}

void tcp_stream_transmit(struct tcp_stream *stream)
{
	size_t at = stream->next - stream->una;

	while (at < stream->out->len && at < stream->peer_window) {
		size_t left = stream->out->len - at;
		size_t size = MIN(MIN(stream->mss, left), stream->peer_window - at);

		emit(stream, size == left ? TH_ACK | TH_PUSH : TH_ACK, stream->out->data + at,
		     size);
		stream->next += (uint32_t)size;
		at += size;
	}
	if (at == stream->out->len && stream->wants_close && !stream->is_close_acknowledged) {
		emit(stream, TH_FIN | TH_ACK, NULL, 0);
		stream->next++;
	}
	if (tcp_stream_is_after(stream->next, stream->max))
		stream->max = stream->next;
	set_timer(stream);
}

void tcp_stream_send_syn_ack(struct tcp_stream *stream)
{
	stream->next = stream->una;
	emit(stream, TH_SYN | TH_ACK, NULL, 0);
	stream->next = stream->max = stream->una + 1;
	set_timer(stream);
}

/* --- life of a stream --- */

struct tcp_stream *tcp_stream_new(struct tcp_streams *streams, const struct flow_ends *ends,
				  uint32_t first_sequence, uint32_t expected)
{
	struct tcp_stream *stream = g_new0(struct tcp_stream, 1);

	*stream = (struct tcp_stream){
		.streams = streams,
		.ends = *ends,
		.link.data = stream,
		.una = first_sequence,
		.expected = expected,
		.mss = TCP_FRAME_MSS_DEFAULT,
		.in = g_byte_array_new(),
		.out = g_byte_array_new(),
		.rto_ms = FIRST_RTO_MS,
		.progress_us = g_get_monotonic_time(),
	};
	g_hash_table_insert(streams->by_ends, &stream->ends, stream);
	g_queue_push_tail_link(&streams->queue, &stream->link);
	return stream;
}

static void free_if_unused(struct tcp_stream *stream)
{
	if (!stream->is_gone || stream->n_held > 0)
		return;
	g_byte_array_unref(stream->in);
	g_byte_array_unref(stream->out);
	g_free(stream);
}

void tcp_stream_drop(struct tcp_stream *stream)
{
	struct tcp_streams *streams = stream->streams;

	if (stream->is_gone)
		return;
	stream->is_gone = true;
	g_clear_handle_id(&stream->timer, g_source_remove);
	g_hash_table_remove(streams->by_ends, &stream->ends);
	g_queue_unlink(&streams->queue, &stream->link);
	if (stream->is_open)
		streams->service.closed(stream->connection);
	free_if_unused(stream);
}

void tcp_stream_hold(struct tcp_stream *stream)
{
	stream->n_held++;
}

void tcp_stream_release(struct tcp_stream *stream)
{
	stream->n_held--;
	free_if_unused(stream);
}

void tcp_stream_note_progress(struct tcp_stream *stream)
{
	stream->progress_us = g_get_monotonic_time();
	stream->rto_ms = FIRST_RTO_MS;
	stream->duplicates = 0;
}

void tcp_stream_reset(struct tcp_stream *stream)
{
	if (stream->is_gone)
		return;
	stream->next = stream->max;
	emit(stream, TH_RST | TH_ACK, NULL, 0);
	tcp_stream_drop(stream);
}

static gboolean on_timer(gpointer data)
{
	struct tcp_stream *stream = data;
	bool is_outstanding = stream->una != stream->max || stream->out->len > 0;
	gint64 idle_us = g_get_monotonic_time() - stream->progress_us;

	stream->timer = 0;
	if (idle_us >= TCP_IDLE_S * G_USEC_PER_SEC && (is_outstanding || stream->wants_close)) {
		tcp_stream_reset(stream);
		return G_SOURCE_REMOVE;
	}
	stream->rto_ms = MIN(stream->rto_ms * 2, LAST_RTO_MS);
	if (!stream->is_open) {
		tcp_stream_send_syn_ack(stream);
	} else if (is_outstanding) {
		stream->next = stream->una;
		/* A window that opened may have got lost: one byte asks (RFC 9293 3.8.6.1). */
		if (stream->peer_window == 0)
			stream->peer_window = 1;
		tcp_stream_transmit(stream);
	} else {
		tcp_stream_close(stream);
	}
	return G_SOURCE_REMOVE;
}

/* --- for the service --- */

const uint8_t *tcp_stream_peek(const struct tcp_stream *stream, size_t *ret_size)
{
	*ret_size = stream->in->len;
	return stream->in->data;
}

void tcp_stream_consume(struct tcp_stream *stream, size_t size)
{
	bool was_full = stream->in->len > TCP_INPUT_MAX / 2;

	g_byte_array_remove_range(stream->in, 0, (guint)size);
	/* The peer waits to be told that there is room again. */
	if (was_full && stream->in->len <= TCP_INPUT_MAX / 2 && !stream->is_gone)
		tcp_stream_acknowledge(stream);
}

bool tcp_stream_has_ended(const struct tcp_stream *stream)
{
	return stream->has_ended;
}

size_t tcp_stream_unsent(const struct tcp_stream *stream)
{
	return stream->out->len;
}

void tcp_stream_send(struct tcp_stream *stream, const uint8_t *data, size_t size)
{
	if (stream->is_gone || stream->wants_close)
		return;
	g_byte_array_append(stream->out, data, (guint)size);
	stream->progress_us = g_get_monotonic_time();
	tcp_stream_transmit(stream);
}

void tcp_stream_close(struct tcp_stream *stream)
{
	if (stream->is_gone || stream->wants_close)
		return;
	stream->wants_close = true;
	stream->progress_us = g_get_monotonic_time();
	tcp_stream_transmit(stream);
}
