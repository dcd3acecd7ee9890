/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_tcp_endpoint - a client that behaves, and one that does not */
#include <netinet/tcp.h>
#include <string.h>

#include "tests/unit/tcp_fixture.h"

static void assert_received(const struct tcp_fixture *f, const char *wanted)
{
	g_assert_cmpmem(f->received->data, f->received->len, wanted, strlen(wanted));
}

static void test_exchange(gconstpointer is_v6)
{
	struct tcp_fixture f;

	tcp_fixture_init(&f, 1500, is_v6 != NULL);
	tcp_fixture_connect(&f, 1400);
	tcp_fixture_send_data(&f, "hello", 5);
	tcp_fixture_receive(&f);
	assert_received(&f, "hello");
	tcp_fixture_send_data(&f, ", world", 7);
	tcp_fixture_receive(&f);
	assert_received(&f, "hello, world");
	tcp_fixture_send_flags(&f, TH_FIN | TH_ACK);
	f.sequence++;
	tcp_fixture_receive(&f);
	g_assert_true(f.has_ended);
	g_assert_null(f.stream);
	g_assert_cmpuint(tcp_endpoint_count(f.endpoint), ==, 0);
	tcp_fixture_done(&f);
}

/* What the service sends first, and ends first. */
static void test_service_ends(void)
{
	struct tcp_fixture f;

	tcp_fixture_init(&f, 1500, false);
	tcp_fixture_connect(&f, 1400);
	tcp_stream_send(f.stream, (const uint8_t *)"bye", 3);
	tcp_stream_close(f.stream);
	tcp_stream_send(f.stream, (const uint8_t *)"more", 4);
	tcp_fixture_receive(&f);
	assert_received(&f, "bye");
	g_assert_true(f.has_ended);
	g_assert_nonnull(f.stream);
	tcp_fixture_send_flags(&f, TH_FIN | TH_ACK);
	g_assert_null(f.stream);
	tcp_fixture_done(&f);
}

static void fill(GByteArray *array, guint size)
{
	g_byte_array_set_size(array, size);
	for (guint i = 0; i < size; i++)
		array->data[i] = (uint8_t)(i * 7 + i / 251);
}

/* A hundred kilobytes through a small window, with and without losses. */
static void transfer(unsigned lose, uint16_t window, unsigned mtu)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	struct tcp_fixture f;

	tcp_fixture_init(&f, mtu, false);
	f.window = window;
	tcp_fixture_connect(&f, 0);
	fill(data, lose ? 5000 : 100000);
	f.lose = lose;
	tcp_stream_send(f.stream, data->data, data->len);
	while (f.received->len < data->len) {
		tcp_fixture_receive(&f);
		if (f.received->len < data->len)
			g_main_context_iteration(NULL, TRUE);
	}
	g_assert_cmpmem(f.received->data, f.received->len, data->data, data->len);
	g_assert_cmpuint(tcp_stream_unsent(f.stream), ==, 0);
	tcp_fixture_done(&f);
}

static void test_large(void)
{
	transfer(0, 65535, 1500);
	transfer(0, 3000, 1280);
	transfer(0, 65535, 68);
}

static void test_losses(void)
{
	transfer(4, 65535, 1500);
}

/* The peer has no room, and the announcement that it has some again is lost. */
static void test_closed_window(void)
{
	struct tcp_fixture f;

	tcp_fixture_init(&f, 1500, false);
	f.window = 0;
	tcp_fixture_connect(&f, 1400);
	tcp_stream_send(f.stream, (const uint8_t *)"question", 8);
	g_assert_true(g_queue_is_empty(&f.frames));
	while (g_queue_is_empty(&f.frames))
		g_main_context_iteration(NULL, TRUE);
	f.window = 65535;
	tcp_fixture_receive(&f);
	assert_received(&f, "question");
	tcp_fixture_done(&f);
}

static void test_disorder(void)
{
	struct tcp_fixture f;
	uint32_t start;

	tcp_fixture_init(&f, 1500, false);
	tcp_fixture_connect(&f, 1400);
	start = f.sequence;
	f.sequence = start + 3;
	tcp_fixture_send_data(&f, "def", 3);
	struct tcp_segment answer = tcp_fixture_expect(&f, TH_ACK);
	g_assert_cmpuint(answer.acknowledgment, ==, start);
	f.sequence = start;
	tcp_fixture_send_data(&f, "abc", 3);
	/* Again, and with an end that is new. */
	f.sequence = start;
	tcp_fixture_send_data(&f, "abc", 3);
	f.sequence = start;
	tcp_fixture_send_data(&f, "abcdefg", 7);
	tcp_fixture_receive(&f);
	assert_received(&f, "abcdefg");
	tcp_fixture_done(&f);
}

/* RFC 5961: a RST or SYN in the middle must be the peer's own. */
static void test_forged(void)
{
	struct tcp_fixture f;
	struct tcp_segment segment;

	tcp_fixture_init(&f, 1500, false);
	tcp_fixture_connect(&f, 1400);
	segment = tcp_fixture_segment(&f, TH_RST);
	segment.sequence += 10;
	tcp_fixture_send(&f, &segment);
	tcp_fixture_expect(&f, TH_ACK);
	segment.sequence = f.sequence - 10;
	tcp_fixture_send(&f, &segment);
	g_assert_true(g_queue_is_empty(&f.frames));
	segment = tcp_fixture_segment(&f, TH_SYN);
	tcp_fixture_send(&f, &segment);
	tcp_fixture_expect(&f, TH_ACK);
	/* What was never sent cannot be acknowledged. */
	segment = tcp_fixture_segment(&f, TH_ACK);
	segment.acknowledgment += 5;
	tcp_fixture_send(&f, &segment);
	tcp_fixture_expect(&f, TH_ACK);
	g_assert_nonnull(f.stream);
	segment = tcp_fixture_segment(&f, TH_RST);
	tcp_fixture_send(&f, &segment);
	g_assert_null(f.stream);
	g_assert_true(g_queue_is_empty(&f.frames));
	tcp_fixture_done(&f);
}

static void test_unknown(void)
{
	struct tcp_fixture f;

	tcp_fixture_init(&f, 1500, false);
	f.expected = 77;
	tcp_fixture_send_flags(&f, TH_ACK);
	g_assert_cmpuint(tcp_fixture_expect(&f, TH_RST).sequence, ==, 77);
	tcp_fixture_send_flags(&f, TH_RST);
	g_assert_true(g_queue_is_empty(&f.frames));
	/* A handshake that ends with a number that nobody has. */
	tcp_fixture_send_flags(&f, TH_SYN);
	tcp_fixture_expect(&f, TH_SYN | TH_ACK);
	f.sequence++;
	f.expected = 78;
	tcp_fixture_send_flags(&f, TH_ACK);
	g_assert_true(tcp_fixture_expect(&f, TH_RST | TH_ACK).flags & TH_RST);
	g_assert_null(f.stream);
	tcp_fixture_done(&f);
}

static void test_syn_again(void)
{
	struct tcp_fixture f;

	tcp_fixture_init(&f, 1500, false);
	tcp_fixture_send_flags(&f, TH_SYN);
	const struct tcp_segment first = tcp_fixture_expect(&f, TH_SYN | TH_ACK);
	tcp_fixture_send_flags(&f, TH_SYN);
	const struct tcp_segment second = tcp_fixture_expect(&f, TH_SYN | TH_ACK);
	g_assert_cmpuint(first.sequence, ==, second.sequence);
	/* And without a word of the client's. */
	while (g_queue_is_empty(&f.frames))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(tcp_fixture_expect(&f, TH_SYN | TH_ACK).sequence, ==, first.sequence);
	tcp_fixture_done(&f);
}

static void test_backpressure(void)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	struct tcp_fixture f;
	struct tcp_segment answer = {0};

	tcp_fixture_init(&f, 1500, false);
	f.does_not_read = true;
	tcp_fixture_connect(&f, 1400);
	fill(data, 1400);
	for (int i = 0; i < 6; i++) {
		tcp_fixture_send_data(&f, (const char *)data->data, data->len);
		answer = tcp_fixture_expect(&f, TH_ACK);
	}
	g_assert_cmpuint(answer.window, ==, 0);
	g_assert_cmpuint(f.sequence - answer.acknowledgment, ==, 6 * 1400 - TCP_INPUT_MAX);
	tcp_stream_consume(f.stream, TCP_INPUT_MAX);
	answer = tcp_fixture_expect(&f, TH_ACK);
	g_assert_cmpuint(answer.window, ==, TCP_INPUT_MAX);
	tcp_fixture_done(&f);
}

static void test_many(void)
{
	struct tcp_fixture f;

	tcp_fixture_init(&f, 1500, false);
	for (unsigned i = 0; i < TCP_STREAMS_MAX + 5; i++) {
		struct tcp_segment syn = tcp_fixture_segment(&f, TH_SYN);

		syn.source_port = (uint16_t)(1 + i);
		tcp_fixture_send(&f, &syn);
	}
	g_assert_cmpuint(tcp_endpoint_count(f.endpoint), ==, TCP_STREAMS_MAX);
	tcp_fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/tcp_endpoint/exchange-v4", NULL, test_exchange);
	g_test_add_data_func("/tcp_endpoint/exchange-v6", "v6", test_exchange);
	g_test_add_func("/tcp_endpoint/service-ends", test_service_ends);
	g_test_add_func("/tcp_endpoint/large", test_large);
	g_test_add_func("/tcp_endpoint/losses", test_losses);
	g_test_add_func("/tcp_endpoint/closed-window", test_closed_window);
	g_test_add_func("/tcp_endpoint/disorder", test_disorder);
	g_test_add_func("/tcp_endpoint/forged", test_forged);
	g_test_add_func("/tcp_endpoint/unknown", test_unknown);
	g_test_add_func("/tcp_endpoint/syn-again", test_syn_again);
	g_test_add_func("/tcp_endpoint/backpressure", test_backpressure);
	g_test_add_func("/tcp_endpoint/many", test_many);
	return g_test_run();
}
