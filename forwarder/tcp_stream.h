/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_stream - one connection of a tcp_endpoint: what is sent, kept, and sent again */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/flow.h"
#include "forwarder/ip_frame.h"
#include "src/link_config.h"

struct tcp_stream;

/* What uses the connections; each callback but opened() gets what that returned. */
struct tcp_service {
	/* A connection stands. */
	void *(*opened)(struct tcp_stream *stream, void *opaque);
	/* There are more bytes to read, or there will be none. */
	void (*readable)(void *connection);
	/* The stream is gone. */
	void (*closed)(void *connection);
	void *opaque;
};

/* What a stream keeps that has not been read: more the peer may not send. */
#define TCP_INPUT_MAX 8192
/* A stream that nothing happens on is closed, and when nothing happens then, reset. */
#define TCP_IDLE_S 30

/* --- for the service --- */

/* What can be read; *ret_size bytes, good until the next call for this stream. */
const uint8_t *tcp_stream_peek(const struct tcp_stream *stream, size_t *ret_size);
void tcp_stream_consume(struct tcp_stream *stream, size_t size);
/* True when the peer will send no more than what can be read. */
bool tcp_stream_has_ended(const struct tcp_stream *stream);

/* How much of what was sent has not been acknowledged. */
size_t tcp_stream_unsent(const struct tcp_stream *stream);
/* Copies data, and sends it as the peer takes it. */
void tcp_stream_send(struct tcp_stream *stream, const uint8_t *data, size_t size);
/* After what was sent, the end. The stream lives on until the peer has closed, too. */
void tcp_stream_close(struct tcp_stream *stream);
/* Ends it with a RST; closed() is called. */
void tcp_stream_reset(struct tcp_stream *stream);

/* --- for the endpoint --- */

/* Where streams belong to, and what they work with. */
struct tcp_streams {
	const struct link_config *link;
	ip_frame_sink send_frame_to_tap;
	void *opaque; /* the sink's */
	struct tcp_service service;
	GHashTable *by_ends; /* struct flow_ends in struct tcp_stream -> struct tcp_stream */
	GQueue queue;	     /* those that nothing happened on for the longest time first */
};

struct tcp_stream {
	struct tcp_streams *streams;
	struct flow_ends ends;
	GList link; /* in streams->queue */
	struct mac_address peer;
	void *connection; /* the service's, once it is open */
	bool is_open, has_ended;
	bool wants_close, is_close_acknowledged;
	bool is_gone;
	unsigned n_held; /* calls that still use it */
	/*
	 * Sequence numbers: una is the oldest that the peer has not acknowledged, out begins there
	 * once the stream is open; next is what is sent next, and max follows the highest that was.
	 */
	uint32_t una, next, max;
	uint32_t expected; /* of the peer's */
	uint32_t peer_window;
	unsigned duplicates;
	size_t mss;
	GByteArray *in, *out;
	guint timer;
	guint rto_ms;
	gint64 progress_us;
	uint64_t n_emitted; /* segments */
};

/* True if sequence number a is after b (RFC 9293 3.4). */
bool tcp_stream_is_after(uint32_t a, uint32_t b);

/* A connection whose SYN has come, in the table, with a SYN that is answered. */
struct tcp_stream *tcp_stream_new(struct tcp_streams *streams, const struct flow_ends *ends,
				  uint32_t first_sequence, uint32_t expected);
/* While held, a stream that is gone stays in memory. */
void tcp_stream_hold(struct tcp_stream *stream);
void tcp_stream_release(struct tcp_stream *stream);
/* Ends it without a word to the peer. */
void tcp_stream_drop(struct tcp_stream *stream);

void tcp_stream_send_syn_ack(struct tcp_stream *stream);
/* An acknowledgment alone. */
void tcp_stream_acknowledge(struct tcp_stream *stream);
/* Sends what the peer has room for. */
void tcp_stream_transmit(struct tcp_stream *stream);
/* The peer has acknowledged, or said, something new. */
void tcp_stream_note_progress(struct tcp_stream *stream);
