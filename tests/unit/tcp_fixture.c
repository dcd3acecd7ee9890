/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_fixture - a client of a tcp_endpoint, and a service that sends back what it reads */
#include "tests/unit/tcp_fixture.h"

#include <netinet/tcp.h>
#include <string.h>

#define CLIENT_PORT 40000
#define FIRST	    0xfffffff0u /* so that numbers wrap */

static void *on_opened(struct tcp_stream *stream, void *opaque)
{
	struct tcp_fixture *f = opaque;

	f->stream = stream;
	return f;
}

static void on_readable(void *opaque)
{
	struct tcp_fixture *f = opaque;
	size_t size;

	if (f->does_not_read)
		return;
	const uint8_t *data = tcp_stream_peek(f->stream, &size);
	g_autofree uint8_t *copy = g_memdup2(data, size);
	tcp_stream_consume(f->stream, size);
	if (size)
		tcp_stream_send(f->stream, copy, size);
	if (tcp_stream_has_ended(f->stream))
		tcp_stream_close(f->stream);
}

static void on_closed(void *opaque)
{
	struct tcp_fixture *f = opaque;

	f->stream = NULL;
}

static void on_frame(const uint8_t *frame, size_t size, void *opaque)
{
	struct tcp_fixture *f = opaque;

	/* As if by chance, but the same each time. */
	if (f->lose && (++f->n_frames * 2654435761u >> 16) % f->lose == 0)
		return;
	g_queue_push_tail(&f->frames, g_bytes_new(frame, size));
}

void tcp_fixture_init(struct tcp_fixture *f, unsigned mtu, bool is_v6)
{
	const struct tcp_endpoint_context context = {
		.link = &f->link,
		.send_frame_to_tap = on_frame,
		.opaque = f,
		.service = {on_opened, on_readable, on_closed, f},
	};

	*f = (struct tcp_fixture){.link.mtu = mtu, .sequence = FIRST, .window = 65535};
	f->address = is_v6 ? "fd00::100" : "10.0.2.100";
	f->server = is_v6 ? "fd00::3" : "10.0.2.3";
	f->link.mac.bytes[5] = 7;
	f->received = g_byte_array_new();
	f->endpoint = tcp_endpoint_new(&context);
}

void tcp_fixture_done(struct tcp_fixture *f)
{
	tcp_endpoint_free(f->endpoint);
	g_assert_null(f->stream);
	while (f->frames.head)
		g_bytes_unref(g_queue_pop_head(&f->frames));
	g_byte_array_unref(f->received);
}

static void deliver(const uint8_t *data, size_t size, void *opaque)
{
	struct tcp_fixture *f = opaque;
	struct frame frame;

	frame_parse(&frame, data, size);
	g_assert_true(frame.has_ports);
	tcp_endpoint_frame_from_tap(f->endpoint, &frame);
}

struct tcp_segment tcp_fixture_segment(const struct tcp_fixture *f, uint8_t flags)
{
	struct tcp_segment segment = {
		.source_port = CLIENT_PORT,
		.destination_port = 53,
		.sequence = f->sequence,
		.acknowledgment = f->expected,
		.flags = flags,
		.window = f->window,
	};

	g_assert_true(ip_address_parse(f->address, &segment.source, NULL));
	g_assert_true(ip_address_parse(f->server, &segment.destination, NULL));
	return segment;
}

void tcp_fixture_send(struct tcp_fixture *f, const struct tcp_segment *segment)
{
	tcp_frame_to_command(&f->link, segment, deliver, f);
}

void tcp_fixture_send_flags(struct tcp_fixture *f, uint8_t flags)
{
	struct tcp_segment segment = tcp_fixture_segment(f, flags);

	tcp_fixture_send(f, &segment);
}

/* The next segment to the client; false when there is none. *ret_bytes has the frame. */
static bool take(struct tcp_fixture *f, struct tcp_segment *ret_segment, GBytes **ret_bytes)
{
	struct frame frame;
	size_t size;

	*ret_bytes = g_queue_pop_head(&f->frames);
	if (!*ret_bytes)
		return false;
	const uint8_t *data = g_bytes_get_data(*ret_bytes, &size);
	frame_parse(&frame, data, size);
	g_assert_true(frame.has_ports);
	g_assert_cmpuint(frame.end - frame.network_offset, <=, f->link.mtu);
	/* To the MAC address that the client's frames come from. */
	g_assert_cmpuint(data[ETH_ALEN - 1], ==, 2);
	tcp_frame_read(&frame, ret_segment);
	g_assert_cmpuint(ret_segment->destination_port, ==, CLIENT_PORT);
	return true;
}

/* Takes segments as TCP does, acknowledging all that is in order. */
void tcp_fixture_receive(struct tcp_fixture *f)
{
	struct tcp_segment segment;
	GBytes *bytes;

	while (take(f, &segment, &bytes)) {
		bool has_fin = segment.flags & TH_FIN;

		g_assert_false(segment.flags & TH_RST);
		if (segment.sequence == f->expected && (segment.size || has_fin)) {
			g_assert_cmpuint(segment.size, <=, f->window);
			g_byte_array_append(f->received, segment.data, (guint)segment.size);
			f->expected += (uint32_t)segment.size + has_fin;
			f->has_ended = f->has_ended || has_fin;
		}
		if (segment.size || has_fin)
			tcp_fixture_send_flags(f, TH_ACK);
		g_bytes_unref(bytes);
	}
}

struct tcp_segment tcp_fixture_expect(struct tcp_fixture *f, uint8_t flags)
{
	struct tcp_segment segment = {0};
	GBytes *bytes;

	g_assert_true(take(f, &segment, &bytes));
	g_assert_cmphex(segment.flags, ==, flags);
	g_bytes_unref(bytes);
	return segment;
}

void tcp_fixture_connect(struct tcp_fixture *f, uint16_t mss)
{
	struct tcp_segment syn = tcp_fixture_segment(f, TH_SYN);

	syn.mss = mss;
	tcp_fixture_send(f, &syn);
	const struct tcp_segment answer = tcp_fixture_expect(f, TH_SYN | TH_ACK);
	g_assert_cmpuint(answer.acknowledgment, ==, f->sequence + 1);
	g_assert_cmpuint(answer.mss, ==, f->link.mtu - (answer.source.family == AF_INET ? 40 : 60));
	f->sequence++;
	f->expected = answer.sequence + 1;
	tcp_fixture_send_flags(f, TH_ACK);
	g_assert_nonnull(f->stream);
	g_assert_cmpuint(tcp_endpoint_count(f->endpoint), ==, 1);
}

void tcp_fixture_send_data(struct tcp_fixture *f, const char *data, size_t size)
{
	struct tcp_segment segment = tcp_fixture_segment(f, TH_ACK | TH_PUSH);

	segment.data = (const uint8_t *)data;
	segment.size = size;
	f->sequence += (uint32_t)size;
	tcp_fixture_send(f, &segment);
}
