/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_tcp_endpoint - segments of a client that knows the numbers, and does with them what it likes
 */
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/tcp_endpoint.h"
#include "forwarder/tcp_frame.h"
#include "tests/fuzz/fuzz.h"

/*
 * How it works
 *
 * Each 8 bytes of the input are a segment: flags, how far its sequence number and its
 * acknowledgment are from the right ones, its window, its size, and what the service does then. The
 * service sends back what it reads, so that what was acknowledged and what was not can be told.
 */

struct op {
	uint8_t flags;
	int8_t sequence, acknowledgment;
	uint8_t window, size, mss, port, service;
};

struct client {
	struct link_config link;
	struct tcp_endpoint *endpoint;
	struct tcp_stream *streams[4];
	uint32_t sequence, expected;
};

static void *on_opened(struct tcp_stream *stream, void *opaque)
{
	struct client *client = opaque;
	struct tcp_stream **place = client->streams;

	while (*place)
		if (++place == client->streams + G_N_ELEMENTS(client->streams))
			g_assert_not_reached();
	*place = stream;
	return place;
}

static void on_readable(void *opaque)
{
	struct tcp_stream *stream = *(struct tcp_stream **)opaque;
	size_t size;
	const uint8_t *data = tcp_stream_peek(stream, &size);

	g_assert(size <= TCP_INPUT_MAX);
	tcp_stream_send(stream, data, size / 2);
	tcp_stream_consume(stream, size / 2);
	if (tcp_stream_has_ended(stream) && size == 0)
		tcp_stream_close(stream);
}

static void on_closed(void *opaque)
{
	*(struct tcp_stream **)opaque = NULL;
}

static void on_frame(const uint8_t *data, size_t size, void *opaque)
{
	struct client *client = opaque;
	struct tcp_segment segment;
	struct frame frame;

	frame_parse(&frame, data, size);
	g_assert(frame.has_ports && frame.end - frame.network_offset <= client->link.mtu);
	tcp_frame_read(&frame, &segment);
	if (!(segment.flags & TH_RST))
		client->expected = segment.sequence + (uint32_t)segment.size +
				   (segment.flags & (TH_SYN | TH_FIN) ? 1 : 0);
}

static void deliver(const uint8_t *data, size_t size, void *opaque)
{
	struct client *client = opaque;
	struct frame frame;

	frame_parse(&frame, data, size);
	tcp_endpoint_frame_from_tap(client->endpoint, &frame);
}

static void run(struct client *client, const struct op *op)
{
	static const uint8_t data[255] = {1};
	const struct tcp_segment segment = {
		.source = {.family = AF_INET, .bytes = {10, 0, 2, 100}},
		.destination = {.family = AF_INET, .bytes = {10, 0, 2, 3}},
		.source_port = 1 + op->port % G_N_ELEMENTS(client->streams),
		.destination_port = 53,
		.sequence = client->sequence + (uint32_t)op->sequence,
		.acknowledgment = client->expected + (uint32_t)op->acknowledgment,
		.flags = op->flags & 0x3f,
		.window = (uint16_t)(op->window << 4),
		.mss = op->mss,
		.data = data,
		.size = op->size,
	};
	struct tcp_stream *stream = client->streams[op->port % G_N_ELEMENTS(client->streams)];

	client->sequence = segment.sequence + op->size;
	if (op->flags & (TH_SYN | TH_FIN))
		client->sequence++;
	tcp_frame_to_command(&client->link, &segment, deliver, client);
	stream = client->streams[op->port % G_N_ELEMENTS(client->streams)];
	if (stream && op->service == 1)
		tcp_stream_close(stream);
	else if (stream && op->service == 2)
		tcp_stream_reset(stream);
	else if (stream && op->service > 200)
		tcp_stream_send(stream, data, op->service);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client client = {.link = {.mtu = 1280}};
	const struct tcp_endpoint_context context = {
		.link = &client.link,
		.send_frame_to_tap = on_frame,
		.opaque = &client,
		.service = {on_opened, on_readable, on_closed, &client},
	};

	client.endpoint = tcp_endpoint_new(&context);
	for (size_t at = 0; at + sizeof(struct op) <= size; at += sizeof(struct op)) {
		struct op op;

		memcpy(&op, data + at, sizeof(op));
		run(&client, &op);
		g_assert(tcp_endpoint_count(client.endpoint) <= G_N_ELEMENTS(client.streams));
	}
	tcp_endpoint_free(client.endpoint);
	for (size_t i = 0; i < G_N_ELEMENTS(client.streams); i++)
		g_assert(!client.streams[i]);
	return 0;
}
