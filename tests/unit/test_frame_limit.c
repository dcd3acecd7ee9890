/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_frame_limit - what counts of a frame, and which frames are one flow */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>

#include <glib.h>

#include "forwarder/frame_limit.h"
#include "tests/unit/packet.h"

static const struct packet_end command = {"10.0.2.100", 4711};
static const struct packet_end remote = {"192.0.2.1", 80};
static const struct packet_end remote6 = {"2001:db8::1", 80};

static size_t weight(const struct packet *packet)
{
	struct frame frame = packet_parse(packet);
	size_t bytes = frame_limit_weight(&frame);

	packet_frame_done(&frame);
	return bytes;
}

static guint flow(const struct packet *packet)
{
	struct frame frame = packet_parse(packet);
	guint hash = frame_limit_flow(&frame);

	packet_frame_done(&frame);
	return hash;
}

/* As many as the relay counts of the same bytes. */
static void test_tcp(void)
{
	struct packet packet;

	packet_tcp(&packet, command, remote, TH_ACK, 1000);
	g_assert_cmpuint(weight(&packet), ==, 1000);
	packet_tcp(&packet, command, remote, TH_ACK, 0);
	g_assert_cmpuint(weight(&packet), ==, 0);
	packet_tcp(&packet, command, remote, TH_SYN, 0);
	g_assert_cmpuint(weight(&packet), ==, 40);
	packet_tcp(&packet, (struct packet_end){"fd00::100", 5}, remote6, TH_SYN, 0);
	g_assert_cmpuint(weight(&packet), ==, 60);
}

static void test_others(void)
{
	struct packet packet;

	packet_udp(&packet, command, remote, 1000);
	g_assert_cmpuint(weight(&packet), ==, 1028);
	/* Padding of Ethernet is none of the packet's. */
	packet_udp(&packet, command, remote, 0);
	packet.size += 18;
	g_assert_cmpuint(weight(&packet), ==, 28);
	packet_icmp(&packet, command.address, remote.address, ICMP_ECHO);
	g_assert_cmpuint(weight(&packet), ==, 28);
	packet.data[12] = 0x08;
	packet.data[13] = 0x06;
	g_assert_cmpuint(weight(&packet), ==, 28);
	packet.size = 14;
	g_assert_cmpuint(weight(&packet), ==, 0);
	packet.size = 3;
	g_assert_cmpuint(weight(&packet), ==, 0);
}

static void test_flow(void)
{
	struct packet packet;

	packet_udp(&packet, command, remote, 10);
	guint hash = flow(&packet);
	packet_udp(&packet, command, remote, 1000);
	g_assert_cmpuint(flow(&packet), ==, hash);
	packet_tcp(&packet, command, remote, TH_ACK, 10);
	g_assert_cmpuint(flow(&packet), !=, hash);
	packet_udp(&packet, command, (struct packet_end){"192.0.2.1", 81}, 10);
	g_assert_cmpuint(flow(&packet), !=, hash);
	packet_udp(&packet, command, (struct packet_end){"192.0.2.2", 80}, 10);
	g_assert_cmpuint(flow(&packet), !=, hash);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/frame_limit/tcp", test_tcp);
	g_test_add_func("/frame_limit/others", test_others);
	g_test_add_func("/frame_limit/flow", test_flow);
	return g_test_run();
}
