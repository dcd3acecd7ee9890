/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_udp_peers - only what spoke from the gateway's address may be answered there */
#include <glib.h>

#include "forwarder/udp_peers.h"
#include "tests/unit/packet.h"

#define COMMAND	 "10.0.2.100"
#define GATEWAY	 "10.0.2.2"
#define COMMAND6 "fd00::100"
#define GATEWAY6 "fd00::2"

static void fill_link(struct link_config *link)
{
	struct ip_prefix prefix;

	*link = (struct link_config){.kind = LINK_TAP, .mtu = 1500};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&link->v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&link->v6, &prefix);
}

static void note(struct udp_peers *peers, struct packet_end from, struct packet_end to)
{
	struct packet packet;

	packet_udp(&packet, from, to, 4);
	struct frame frame = packet_parse(&packet);
	udp_peers_note_to_tap(peers, &frame);
	packet_frame_done(&frame);
}

static bool is_answer(const struct udp_peers *peers, struct packet_end from, struct packet_end to)
{
	struct packet packet;

	packet_udp(&packet, from, to, 4);
	struct frame frame = packet_parse(&packet);
	bool answers = udp_peers_is_answer_from_tap(peers, &frame);
	packet_frame_done(&frame);
	return answers;
}

static void test_answer(void)
{
	struct link_config link;

	fill_link(&link);
	struct udp_peers *peers = udp_peers_new(&link);
	const struct packet_end peer = {GATEWAY, 40000}, service = {COMMAND, 53};
	g_assert_false(is_answer(peers, service, peer));
	note(peers, peer, service);
	g_assert_true(is_answer(peers, service, peer));
	g_assert_true(is_answer(peers, service, peer));
	udp_peers_free(peers);
}

static void test_other_ports(void)
{
	struct link_config link;

	fill_link(&link);
	struct udp_peers *peers = udp_peers_new(&link);
	note(peers, (struct packet_end){GATEWAY, 40000}, (struct packet_end){COMMAND, 53});
	for (unsigned port = 1; port <= 65535; port++) {
		if (port != 40000)
			g_assert_false(is_answer(peers, (struct packet_end){COMMAND, 53},
						 (struct packet_end){GATEWAY, (uint16_t)port}));
		if (port != 53)
			g_assert_false(is_answer(peers,
						 (struct packet_end){COMMAND, (uint16_t)port},
						 (struct packet_end){GATEWAY, 40000}));
	}
	udp_peers_free(peers);
}

/* What others say opens nothing, neither at the gateway nor at their own address. */
static void test_other_addresses(void)
{
	struct link_config link;

	fill_link(&link);
	struct udp_peers *peers = udp_peers_new(&link);
	const struct packet_end service = {COMMAND, 53};
	note(peers, (struct packet_end){"192.0.2.1", 40000}, service);
	g_assert_false(is_answer(peers, service, (struct packet_end){GATEWAY, 40000}));
	note(peers, (struct packet_end){GATEWAY, 40000}, service);
	g_assert_false(is_answer(peers, service, (struct packet_end){"10.0.2.3", 40000}));
	g_assert_false(is_answer(peers, service, (struct packet_end){"127.0.0.1", 40000}));
	udp_peers_free(peers);
}

static void test_families(void)
{
	struct link_config link;

	fill_link(&link);
	struct udp_peers *peers = udp_peers_new(&link);
	const struct packet_end peer = {GATEWAY6, 40000}, service = {COMMAND6, 53};
	note(peers, peer, service);
	g_assert_true(is_answer(peers, service, peer));
	g_assert_false(is_answer(peers, (struct packet_end){COMMAND, 53},
				 (struct packet_end){GATEWAY, 40000}));
	udp_peers_free(peers);
}

static void test_not_udp(void)
{
	struct link_config link;
	struct packet packet;

	fill_link(&link);
	struct udp_peers *peers = udp_peers_new(&link);
	note(peers, (struct packet_end){GATEWAY, 40000}, (struct packet_end){COMMAND, 53});
	packet_tcp(&packet, (struct packet_end){COMMAND, 53}, (struct packet_end){GATEWAY, 40000},
		   0, 0);
	struct frame frame = packet_parse(&packet);
	g_assert_false(udp_peers_is_answer_from_tap(peers, &frame));
	packet_frame_done(&frame);
	udp_peers_free(peers);
}

/* A link without IPv6 has no gateway there, and :: is not it. */
static void test_disabled_family(void)
{
	struct link_config link;

	fill_link(&link);
	link.v6 = (struct link_network){0};
	struct udp_peers *peers = udp_peers_new(&link);
	note(peers, (struct packet_end){"::", 40000}, (struct packet_end){COMMAND6, 53});
	g_assert_false(is_answer(peers, (struct packet_end){COMMAND6, 53},
				 (struct packet_end){"::", 40000}));
	udp_peers_free(peers);
	udp_peers_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/udp_peers/answer", test_answer);
	g_test_add_func("/udp_peers/other-ports", test_other_ports);
	g_test_add_func("/udp_peers/other-addresses", test_other_addresses);
	g_test_add_func("/udp_peers/families", test_families);
	g_test_add_func("/udp_peers/not-udp", test_not_udp);
	g_test_add_func("/udp_peers/disabled-family", test_disabled_family);
	return g_test_run();
}
