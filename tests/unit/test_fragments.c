/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fragments - packets that come in pieces, well made and not */
#include <string.h>

#include <glib.h>

#include "forwarder/fragments.h"
#include "forwarder/ip_frame.h"
#include "tests/unit/packet.h"

#define SIZE 5000

/* The frames of one packet. */
struct pieces {
	GPtrArray *frames; /* of GBytes */
	uint8_t data[SIZE];
};

static void take_frame(const uint8_t *frame, size_t size, void *opaque)
{
	g_ptr_array_add(opaque, g_bytes_new(frame, size));
}

static void pieces_init(struct pieces *pieces, const char *source, const char *destination)
{
	const struct link_config link = {.mtu = 1500};
	struct ip_address from, to;
	struct ip_packet packet = {.source = &from, .destination = &to};

	g_assert_true(ip_address_parse(source, &from, NULL));
	g_assert_true(ip_address_parse(destination, &to, NULL));
	pieces->frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	for (size_t i = 0; i < SIZE; i++)
		pieces->data[i] = (uint8_t)g_random_int();
	packet.protocol = from.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	packet.data = pieces->data;
	packet.data_size = SIZE;
	ip_frame_to_command(&link, &packet, take_frame, pieces->frames);
	g_assert_cmpuint(pieces->frames->len, ==, 4);
}

static void pieces_done(struct pieces *pieces)
{
	g_ptr_array_unref(pieces->frames);
}

/* From a block of the exact size, for the sanitizer. */
static const uint8_t *add(struct fragments *fragments, const struct pieces *pieces, guint i,
			  size_t *ret_size)
{
	gsize size;
	const void *data = g_bytes_get_data(pieces->frames->pdata[i], &size);
	g_autofree uint8_t *exact = g_memdup2(data, size);
	struct frame frame;

	frame_parse(&frame, exact, size);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	return fragments_add(fragments, &frame, ret_size);
}

static void assert_whole(struct fragments *fragments, const struct pieces *pieces)
{
	size_t size = 0;

	for (guint i = 0; i < 3; i++)
		g_assert_null(add(fragments, pieces, i, &size));
	const uint8_t *data = add(fragments, pieces, 3, &size);
	g_assert_nonnull(data);
	g_assert_cmpmem(data, size, pieces->data, SIZE);
}

static void test_whole(void)
{
	static const char *const ends[][2] = {{"10.0.2.100", "192.0.2.1"},
					      {"fd00::100", "2001:db8::1"}};

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		struct fragments *fragments = fragments_new();
		struct pieces pieces;

		pieces_init(&pieces, ends[i][0], ends[i][1]);
		assert_whole(fragments, &pieces);
		assert_whole(fragments, &pieces);
		pieces_done(&pieces);
		fragments_free(fragments);
	}
}

/* What is lost, twice there or out of order makes no packet, and harms no later one. */
static void test_broken(void)
{
	static const guint orders[][4] = {{0, 1, 3, 3}, {0, 2, 1, 3}, {0, 1, 1, 3}, {1, 2, 3, 3}};

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		struct fragments *fragments = fragments_new();
		struct pieces pieces;
		size_t size;

		pieces_init(&pieces, "10.0.2.100", "192.0.2.1");
		for (guint j = 0; j < 4; j++)
			g_assert_null(add(fragments, &pieces, orders[i][j], &size));
		assert_whole(fragments, &pieces);
		pieces_done(&pieces);
		fragments_free(fragments);
	}
}

/* Two at once are kept apart, and of too many the oldest is forgotten. */
static void test_many(void)
{
	struct fragments *fragments = fragments_new();
	struct pieces all[FRAGMENTS_PACKETS_MAX + 1];
	size_t size;

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		pieces_init(&all[i], "10.0.2.100", "192.0.2.1");
	for (guint j = 0; j < 3; j++)
		for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
			g_assert_null(add(fragments, &all[i], j, &size));
	g_assert_null(add(fragments, &all[0], 3, &size));
	for (size_t i = 1; i < G_N_ELEMENTS(all); i++) {
		const uint8_t *data = add(fragments, &all[i], 3, &size);
		g_assert_nonnull(data);
		g_assert_cmpmem(data, size, all[i].data, SIZE);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		pieces_done(&all[i]);
	fragments_free(fragments);
}

/* RFC 791 lets a last fragment reach beyond the largest packet. */
static void test_too_large(void)
{
	struct fragments *fragments = fragments_new();
	struct packet packet;
	uint8_t payload[1480] = {8};
	size_t size;

	for (unsigned offset = 0; offset + sizeof(payload) < 65535 + 1480;
	     offset += sizeof(payload)) {
		packet_ip(&packet, "10.0.2.100", "192.0.2.1", IPPROTO_ICMP, payload,
			  sizeof(payload));
		unsigned field = offset / 8 | (offset + 1480 < 65535 ? 0x2000 : 0);
		packet.data[PACKET_IP + 6] = (uint8_t)(field >> 8);
		packet.data[PACKET_IP + 7] = (uint8_t)field;
		struct frame frame = packet_parse(&packet);
		g_assert_null(fragments_add(fragments, &frame, &size));
		packet_frame_done(&frame);
	}
	fragments_free(fragments);
}

/* A fragment header that is not the last one before the data. */
static void test_extensions(void)
{
	struct fragments *fragments = fragments_new();
	struct packet packet;
	size_t size;

	packet_icmp(&packet, "fd00::100", "2001:db8::1", 128);
	packet_insert_extension(&packet, IPPROTO_DSTOPTS, htons(0x0104));
	packet_insert_extension(&packet, IPPROTO_FRAGMENT, htons(0));
	struct frame frame = packet_parse(&packet);
	g_assert_true(frame.is_fragment);
	g_assert_null(fragments_add(fragments, &frame, &size));
	packet_frame_done(&frame);
	fragments_free(fragments);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fragments/whole", test_whole);
	g_test_add_func("/fragments/broken", test_broken);
	g_test_add_func("/fragments/many", test_many);
	g_test_add_func("/fragments/too-large", test_too_large);
	g_test_add_func("/fragments/extensions", test_extensions);
	return g_test_run();
}
