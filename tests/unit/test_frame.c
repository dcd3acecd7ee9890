/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_frame - what frame_parse() makes of good, odd and broken frames */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/frame.h"
#include "tests/unit/packet.h"

static const struct packet_end inner4 = {"10.0.2.100", 4000}, outer4 = {"192.0.2.1", 80};
static const struct packet_end inner6 = {"fd00::100", 4000}, outer6 = {"2001:db8::1", 80};

static void assert_kind(const struct packet *packet, enum frame_kind kind)
{
	struct frame frame = packet_parse(packet);

	g_assert_cmpint(frame.kind, ==, kind);
	packet_frame_done(&frame);
}

static void assert_address(const struct ip_address *address, const char *expected)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	g_assert_cmpstr(ip_address_text(address, text), ==, expected);
}

static void test_tcp4(void)
{
	struct packet packet;
	struct frame frame;

	packet_tcp(&packet, inner4, outer4, TH_SYN, 5);
	packet.size += 7; /* Ethernet padding */
	frame = packet_parse(&packet);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	assert_address(&frame.source, "10.0.2.100");
	assert_address(&frame.destination, "192.0.2.1");
	g_assert_cmpint(frame.protocol, ==, IPPROTO_TCP);
	g_assert_true(frame.has_ports);
	g_assert_cmpint(frame.source_port, ==, 4000);
	g_assert_cmpint(frame.destination_port, ==, 80);
	g_assert_cmpint(frame.tcp_flags, ==, TH_SYN);
	g_assert_cmpint(frame.network_offset, ==, PACKET_IP);
	g_assert_cmpint(frame.transport_offset, ==, PACKET_L4);
	g_assert_cmpint(frame.payload_offset, ==, PACKET_L4 + 20);
	g_assert_cmpint(frame.end, ==, PACKET_L4 + 25);
	g_assert_false(frame.is_fragment || frame.has_extensions);
	packet_frame_done(&frame);
}

static void test_udp6(void)
{
	struct packet packet;
	struct frame frame;

	packet_udp(&packet, inner6, outer6, 3);
	frame = packet_parse(&packet);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	assert_address(&frame.source, "fd00::100");
	assert_address(&frame.destination, "2001:db8::1");
	g_assert_true(frame.has_ports);
	g_assert_cmpint(frame.destination_port, ==, 80);
	g_assert_cmpint(frame.tcp_flags, ==, 0);
	g_assert_cmpint(frame.payload_offset, ==, PACKET_L46 + 8);
	g_assert_cmpint(frame.end, ==, packet.size);
	packet_frame_done(&frame);
}

static void test_options4(void)
{
	struct packet packet;
	struct frame frame;

	packet_udp(&packet, inner4, outer4, 8);
	/* The first four bytes behind the fixed header become options. */
	memmove(packet.data + PACKET_L4 + 4, packet.data + PACKET_L4, 16);
	packet.data[PACKET_IP] = 0x46;
	packet.data[PACKET_IP + 3] += 4;
	packet.size += 4;
	frame = packet_parse(&packet);
	g_assert_true(frame.has_extensions && frame.has_ports);
	g_assert_cmpint(frame.transport_offset, ==, PACKET_L4 + 4);
	g_assert_cmpint(frame.destination_port, ==, 80);
	packet_frame_done(&frame);
}

static void assert_fragment4(uint8_t high, uint8_t low, unsigned offset)
{
	struct packet packet;
	struct frame frame;

	packet_tcp(&packet, inner4, outer4, TH_SYN, 40);
	packet.data[PACKET_IP + 6] = high;
	packet.data[PACKET_IP + 7] = low;
	frame = packet_parse(&packet);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	g_assert_true(frame.is_fragment);
	g_assert_false(frame.has_ports);
	g_assert_cmpint(frame.tcp_flags, ==, 0);
	g_assert_cmpint(frame.fragment_offset, ==, offset);
	packet_frame_done(&frame);
}

static void test_fragments4(void)
{
	assert_fragment4(0x20, 0, 0);
	assert_fragment4(0x20, 2, 16);
	assert_fragment4(0x00, 2, 16);
	assert_fragment4(0x1f, 0xff, 65528);
}

static void test_extensions6(void)
{
	static const uint8_t kinds[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS};
	struct packet packet;
	struct frame frame;

	packet_tcp(&packet, inner6, outer6, TH_ACK, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		packet_insert_extension(&packet, kinds[i], 0);
	frame = packet_parse(&packet);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	g_assert_true(frame.has_extensions && frame.has_ports);
	g_assert_false(frame.is_fragment);
	g_assert_cmpint(frame.protocol, ==, IPPROTO_TCP);
	g_assert_cmpint(frame.transport_offset, ==, PACKET_L46 + 24);
	g_assert_cmpint(frame.tcp_flags, ==, TH_ACK);
	packet_frame_done(&frame);
}

static void test_fragments6(void)
{
	struct packet packet;
	struct frame frame;

	packet_udp(&packet, inner6, outer6, 64);
	packet_insert_extension(&packet, IPPROTO_FRAGMENT, 1);
	frame = packet_parse(&packet);
	g_assert_true(frame.is_fragment);
	g_assert_false(frame.has_ports);
	g_assert_cmpint(frame.fragment_offset, ==, 0);
	g_assert_cmpint(frame.protocol, ==, IPPROTO_UDP);
	packet_frame_done(&frame);

	/* A later fragment: what follows looks like an extension header that is far too long. */
	packet_udp(&packet, (struct packet_end){"fd00::100", 0x11ff}, outer6, 64);
	packet_insert_extension(&packet, IPPROTO_FRAGMENT, 80);
	packet.data[PACKET_L46] = IPPROTO_DSTOPTS;
	frame = packet_parse(&packet);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	g_assert_cmpint(frame.fragment_offset, ==, 80);
	g_assert_cmpint(frame.transport_offset, ==, PACKET_L46 + 8);
	packet_frame_done(&frame);
}

static void test_cut_off(void)
{
	struct packet packet;
	size_t whole;

	packet_tcp(&packet, inner4, outer4, TH_SYN, 0);
	whole = packet.size;
	for (packet.size = 0; packet.size < whole; packet.size++)
		assert_kind(&packet, FRAME_MALFORMED);
	packet_udp(&packet, inner6, outer6, 0);
	packet_insert_extension(&packet, IPPROTO_DSTOPTS, 0);
	whole = packet.size;
	for (packet.size = 0; packet.size < whole; packet.size++)
		assert_kind(&packet, FRAME_MALFORMED);
}

static void change_and_assert_malformed(const struct packet *packet, size_t offset, uint8_t value)
{
	struct packet changed = *packet;

	changed.data[offset] = value;
	assert_kind(&changed, FRAME_MALFORMED);
}

static void test_contradictions(void)
{
	struct packet packet;

	packet_udp(&packet, inner4, outer4, 10);
	assert_kind(&packet, FRAME_IP);
	change_and_assert_malformed(&packet, PACKET_IP, 0x65);	   /* version */
	change_and_assert_malformed(&packet, PACKET_IP, 0x44);	   /* header too short */
	change_and_assert_malformed(&packet, PACKET_IP, 0x4f);	   /* header longer than packet */
	change_and_assert_malformed(&packet, PACKET_IP + 3, 19);   /* packet shorter than header */
	change_and_assert_malformed(&packet, PACKET_IP + 2, 0x10); /* packet longer than frame */

	packet_udp(&packet, inner6, outer6, 10);
	packet_insert_extension(&packet, IPPROTO_HOPOPTS, 0);
	change_and_assert_malformed(&packet, PACKET_IP, 0x45);
	change_and_assert_malformed(&packet, PACKET_IP + 4, 0x10);
	change_and_assert_malformed(&packet, PACKET_L46 + 1, 200); /* extension beyond the end */
}

static void change_and_assert_no_ports(const struct packet *packet, size_t offset, uint8_t value)
{
	struct packet changed = *packet;
	struct frame frame;

	changed.data[offset] = value;
	frame = packet_parse(&changed);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	g_assert_false(frame.has_ports);
	g_assert_cmpint(frame.tcp_flags, ==, 0);
	packet_frame_done(&frame);
}

static void test_bad_transport(void)
{
	struct packet packet;

	packet_tcp(&packet, inner4, outer4, TH_SYN, 4);
	change_and_assert_no_ports(&packet, PACKET_L4 + 12, 4 << 4);
	change_and_assert_no_ports(&packet, PACKET_L4 + 12, 7 << 4);
	change_and_assert_no_ports(&packet, PACKET_IP + 3, 39);
	packet_udp(&packet, inner4, outer4, 4);
	change_and_assert_no_ports(&packet, PACKET_L4 + 5, 7);
	change_and_assert_no_ports(&packet, PACKET_L4 + 5, 13);
	change_and_assert_no_ports(&packet, PACKET_IP + 3, 27);
}

static void test_other(void)
{
	struct packet packet = {.size = 14};

	packet.data[12] = 0x08;
	packet.data[13] = 0x06;
	assert_kind(&packet, FRAME_OTHER);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/frame/tcp4", test_tcp4);
	g_test_add_func("/frame/udp6", test_udp6);
	g_test_add_func("/frame/options4", test_options4);
	g_test_add_func("/frame/fragments4", test_fragments4);
	g_test_add_func("/frame/extensions6", test_extensions6);
	g_test_add_func("/frame/fragments6", test_fragments6);
	g_test_add_func("/frame/cut-off", test_cut_off);
	g_test_add_func("/frame/contradictions", test_contradictions);
	g_test_add_func("/frame/bad-transport", test_bad_transport);
	g_test_add_func("/frame/other", test_other);
	return g_test_run();
}
