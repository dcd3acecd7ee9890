/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stack_alias - the exchange of aliases in frames, and their checksums */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/checksum.h"
#include "forwarder/stack_alias.h"
#include "tests/unit/packet.h"
#include "tests/unit/shared_link.h"

/* The sum over pseudo header and transport, which is 0 if its checksum is right. */
static uint16_t transport_sum(const struct frame *frame)
{
	size_t address_size = ip_address_bits(&frame->source) / 8;
	size_t size = frame->end - frame->transport_offset;
	uint32_t sum = (uint32_t)size + frame->protocol;

	if (frame->protocol == IPPROTO_ICMP)
		sum = 0;
	else
		sum = checksum_add(checksum_add(sum, frame->source.bytes, address_size),
				   frame->destination.bytes, address_size);
	return checksum_finish(checksum_add(sum, frame->data + frame->transport_offset, size));
}

static void complete(struct packet *packet, size_t checksum_offset)
{
	struct frame frame;
	uint16_t checksum;

	if (packet->data[12] == 0x08) {
		checksum = checksum_finish(checksum_add(0, packet->data + PACKET_IP, 20));
		memcpy(packet->data + PACKET_IP + 10, &checksum, sizeof(checksum));
	}
	frame_parse(&frame, packet->data, packet->size);
	checksum = transport_sum(&frame);
	memcpy(packet->data + frame.transport_offset + checksum_offset, &checksum,
	       sizeof(checksum));
}

static void assert_right(const struct frame *frame)
{
	g_assert_cmpint(frame->kind, ==, FRAME_IP);
	if (frame->source.family == AF_INET)
		g_assert_cmpuint(
			checksum_finish(checksum_add(0, frame->data + frame->network_offset, 20)),
			==, 0);
	g_assert_cmpuint(transport_sum(frame), ==, 0);
}

/* What becomes of a packet with a right checksum; it is right again. */
static struct frame passed(struct stack_alias *alias, struct packet *packet, bool to_command,
			   size_t checksum_offset)
{
	struct frame frame;

	complete(packet, checksum_offset);
	const uint8_t *data = to_command
				      ? stack_alias_to_command(alias, packet->data, packet->size)
				      : stack_alias_from_command(alias, packet->data, packet->size);
	frame_parse(&frame, data, packet->size);
	assert_right(&frame);
	return frame;
}

static void test_to_stack(void)
{
	static const struct {
		const char *from, *to, *becomes;
	} cases[] = {
		{COMMAND4, HOST4, COMMAND4},	  {COMMAND4, DNS4, "192.0.0.171"},
		{COMMAND4, LOOPBACK4, LOOPBACK4}, {COMMAND4, "192.0.2.9", "192.0.2.9"},
		{COMMAND6, HOST6, COMMAND6},	  {COMMAND6, "2001:db8::9", "2001:db8::9"},
		{COMMAND6, LOOPBACK6, LOOPBACK6},
	};
	struct link_config link;

	shared_link_fill(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct packet_end from = {cases[i].from, 4000}, to = {cases[i].to, 53};
		struct packet packet;

		packet_tcp(&packet, from, to, TH_SYN, 7);
		struct frame frame = passed(alias, &packet, false, 16);
		shared_link_assert_address(&frame.destination, cases[i].becomes);
		shared_link_assert_address(&frame.source, cases[i].from);
		packet_udp(&packet, from, to, 8);
		frame = passed(alias, &packet, false, 6);
		shared_link_assert_address(&frame.destination, cases[i].becomes);
	}
	stack_alias_free(alias);
}

static void test_from_stack(void)
{
	static const struct {
		const char *from, *to, *becomes;
	} cases[] = {
		{COMMAND4, COMMAND4, HOST4},	  {"192.0.0.171", COMMAND4, DNS4},
		{LOOPBACK4, COMMAND4, LOOPBACK4}, {"192.0.2.9", COMMAND4, "192.0.2.9"},
		{COMMAND6, COMMAND6, HOST6},
	};
	struct link_config link;

	shared_link_fill(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct packet packet;

		packet_udp(&packet, (struct packet_end){cases[i].from, 53},
			   (struct packet_end){cases[i].to, 4000}, 8);
		struct frame frame = passed(alias, &packet, true, 6);
		shared_link_assert_address(&frame.source, cases[i].becomes);
		shared_link_assert_address(&frame.destination, cases[i].to);
	}
	stack_alias_free(alias);
}

/* RFC 768: a checksum that is absent stays so. */
static void test_no_udp_checksum(void)
{
	struct link_config link;
	struct packet packet;

	shared_link_fill(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	packet_udp(&packet, (struct packet_end){COMMAND4, 4000}, (struct packet_end){HOST4, 53}, 8);
	const uint8_t *data = stack_alias_from_command(alias, packet.data, packet.size);
	g_assert_true(data != packet.data);
	g_assert_cmpuint(data[PACKET_L4 + 6] | data[PACKET_L4 + 7], ==, 0);
	stack_alias_free(alias);
}

/* The quoted packet is the one that the command has sent. */
static void assert_quoted(struct stack_alias *alias, const char *from, const char *to,
			  const char *hidden)
{
	bool is_v6 = strchr(to, ':');
	size_t quoted_offset = is_v6 ? PACKET_L46 + 8 : PACKET_L4 + 8;
	uint8_t message[8 + 60] = {is_v6 ? ICMP6_DST_UNREACH : 3, is_v6 ? 4 : 3};
	struct packet packet, quoted;
	struct ip_address seen = {.family = is_v6 ? AF_INET6 : AF_INET};

	packet_udp(&quoted, (struct packet_end){to, 4000}, (struct packet_end){hidden, 9}, 0);
	complete(&quoted, 6);
	memcpy(message + 8, quoted.data + PACKET_IP, quoted.size - PACKET_IP);
	packet_ip(&packet, from, to, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, message,
		  8 + quoted.size - PACKET_IP);
	struct frame frame = passed(alias, &packet, true, 2);
	memcpy(seen.bytes, frame.data + quoted_offset + (is_v6 ? 24 : 16), is_v6 ? 16 : 4);
	shared_link_assert_address(&seen, is_v6 ? HOST6 : HOST4);
	if (!is_v6)
		g_assert_cmpuint(checksum_finish(checksum_add(0, frame.data + quoted_offset, 20)),
				 ==, 0);
}

static void test_quoted(void)
{
	struct link_config link;

	shared_link_fill(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	assert_quoted(alias, "192.0.2.1", COMMAND4, COMMAND4);
	assert_quoted(alias, COMMAND4, COMMAND4, COMMAND4);
	assert_quoted(alias, "2001:db8::1", COMMAND6, COMMAND6);
	stack_alias_free(alias);
}

/* It would tell of the hidden prefix. */
static void test_router_advertisement(void)
{
	struct nd_router_advert advert = {.nd_ra_type = ND_ROUTER_ADVERT};
	struct link_config link;
	struct packet packet;

	shared_link_fill(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	packet_ip(&packet, "fe80::2", "ff02::1", IPPROTO_ICMPV6, &advert, sizeof(advert));
	g_assert_null(stack_alias_to_command(alias, packet.data, packet.size));
	stack_alias_free(alias);
}

/* A link of its own needs none of this. */
static void test_not_shared(void)
{
	struct link_config link = {.kind = LINK_TAP}, stack;
	struct ip_prefix prefix;

	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&link.v4, &prefix);
	g_assert_null(stack_alias_new(&link));
	stack_alias_configure(&link, &stack);
	shared_link_assert_address(&stack.v4.gateway, "10.0.2.2");
	shared_link_assert_address(&stack.v4.dns, "10.0.2.3");
}

/* Made of fragments, it is larger than the link's frames. */
static void test_largest(void)
{
	const size_t size = PACKET_IP + IP_MAXPACKET;
	const uint16_t total = htons(IP_MAXPACKET), udp = htons(IP_MAXPACKET - 20);
	const struct packet_end from = {COMMAND4, 4000}, to = {DNS4, 53};
	g_autofree uint8_t *data = g_malloc0(size);
	struct link_config link;
	struct packet packet;
	struct frame frame;

	shared_link_fill(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	packet_udp(&packet, from, to, 8);
	memcpy(data, packet.data, packet.size);
	memcpy(data + PACKET_IP + 2, &total, sizeof(total));
	memcpy(data + PACKET_L4 + 4, &udp, sizeof(udp));
	frame_parse(&frame, stack_alias_from_command(alias, data, size), size);
	g_assert_cmpint(frame.kind, ==, FRAME_IP);
	shared_link_assert_address(&frame.destination, "192.0.0.171");
	stack_alias_free(alias);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stack-alias/to-stack", test_to_stack);
	g_test_add_func("/stack-alias/from-stack", test_from_stack);
	g_test_add_func("/stack-alias/largest", test_largest);
	g_test_add_func("/stack-alias/no-udp-checksum", test_no_udp_checksum);
	g_test_add_func("/stack-alias/quoted", test_quoted);
	g_test_add_func("/stack-alias/router-advertisement", test_router_advertisement);
	g_test_add_func("/stack-alias/not-shared", test_not_shared);
	return g_test_run();
}
