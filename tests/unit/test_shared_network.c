/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_shared_network - a network with the host's addresses: policy, neighbours, exchange of
 * aliases */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/checksum.h"
#include "forwarder/client_source.h"
#include "forwarder/neighbours.h"
#include "forwarder/policy.h"
#include "forwarder/stack_alias.h"
#include "tests/unit/packet.h"

#define COMMAND4 "192.0.2.77"
#define COMMAND6 "2001:db8::77"
#define DNS4	 "169.254.1.1"
#define HOST4	 "169.254.1.2"
#define HOST6	 "100::8"
/* Of clients on the host's loopback, where nothing else was chosen. */
#define LOOPBACK4 "192.0.0.170"
#define LOOPBACK6 "100::170"

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return address;
}

static void assert_address(const struct ip_address *address, const char *text)
{
	char buffer[IP_ADDRESS_TEXT_SIZE];

	g_assert_cmpstr(ip_address_text(address, buffer), ==, text);
}

static void share(struct link_network *network, const char *command, unsigned length,
		  const char *router)
{
	struct ip_address command_address = address_of(command);
	struct ip_address router_address = address_of(router);

	link_network_share(network, &command_address, length, &router_address);
}

static void fill_link(struct link_config *link)
{
	*link = (struct link_config){.kind = LINK_TAP, .mtu = 1500};
	share(&link->v4, COMMAND4, 24, "192.0.2.1");
	share(&link->v6, COMMAND6, 64, "fe80::1");
	link->v4.dns = address_of(DNS4);
	link->v4.host = address_of(HOST4);
	link->v4.opens_host = true;
}

/* --- who may be spoken to --- */

static enum policy_verdict check(const struct policy *policy, const char *to, uint16_t port)
{
	const char *from = strchr(to, ':') ? COMMAND6 : COMMAND4;
	struct ip_address destination = address_of(to);
	struct packet packet;
	unsigned rule;

	packet_tcp(&packet, (struct packet_end){from, 4000}, (struct packet_end){to, port}, TH_SYN,
		   0);
	struct frame frame = packet_parse(&packet);
	enum policy_verdict verdict = policy_check_frame(policy, &frame);
	packet_frame_done(&frame);
	g_assert_cmpint(policy_check_flow(policy, IPPROTO_TCP, &destination, port, &rule), ==,
			verdict);
	return verdict;
}

static void test_policy(void)
{
	const struct host_access access = {.all = false};
	struct link_config link;

	fill_link(&link);
	struct policy *policy = policy_new(&link, &access);
	/* The router and the neighbours are machines. */
	g_assert_cmpint(check(policy, "192.0.2.1", 80), ==, POLICY_PASS);
	g_assert_cmpint(check(policy, "192.0.2.9", 80), ==, POLICY_PASS);
	g_assert_cmpint(check(policy, "2001:db8::9", 80), ==, POLICY_PASS);
	g_assert_cmpint(check(policy, HOST4, 80), ==, POLICY_PASS);
	g_assert_cmpint(check(policy, DNS4, 53), ==, POLICY_PASS);
	g_assert_cmpint(check(policy, DNS4, 80), ==, POLICY_REJECT);
	g_assert_cmpint(check(policy, LOOPBACK4, 80), ==, POLICY_REJECT);
	g_assert_cmpint(check(policy, LOOPBACK6, 80), ==, POLICY_REJECT);
	g_assert_cmpint(check(policy, "127.0.0.1", 80), ==, POLICY_REJECT);
	g_assert_cmpint(check(policy, "::ffff:192.0.2.77", 80), ==, POLICY_REJECT);
	g_assert_cmpint(check(policy, COMMAND4, 80), ==, POLICY_DROP);
	g_assert_cmpint(check(policy, "192.0.2.255", 80), ==, POLICY_DROP);
	/* libslirp would take them for its own. */
	g_assert_cmpint(check(policy, "192.0.0.171", 80), ==, POLICY_DROP);
	g_assert_cmpint(check(policy, "192.0.0.169", 80), ==, POLICY_DROP);
	g_assert_cmpint(check(policy, "100::171", 80), ==, POLICY_DROP);
	policy_free(policy);
}

/* What is open in one family opens nothing in the other. */
static void test_closed_aliases(void)
{
	const struct host_access access = {.all = true};
	struct link_config link;

	fill_link(&link);
	link.v4.opens_host = false;
	link.v6.hides_loopback = true;
	struct policy *policy = policy_new(&link, &access);
	struct ip_address host = address_of(HOST4);
	g_assert_cmpint(check(policy, HOST4, 80), ==, POLICY_REJECT);
	g_assert_cmpint(check(policy, HOST6, 80), ==, POLICY_REJECT);
	g_assert_cmpstr(policy_explain_flow(policy, &host), ==, "host-address");
	g_assert_cmpint(check(policy, LOOPBACK4, 80), ==, POLICY_PASS);
	g_assert_cmpint(check(policy, LOOPBACK6, 80), ==, POLICY_REJECT);
	policy_free(policy);
}

static void test_translate(void)
{
	const struct host_access access = {.all = false};
	struct sockaddr_storage sockaddr;
	struct ip_address host = address_of(HOST4), address;
	struct link_config link;
	uint16_t port;

	fill_link(&link);
	struct policy *policy = policy_new(&link, &access);
	g_assert_true(policy_translate(policy, &host, 80, &sockaddr));
	g_assert_true(ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &address, &port));
	assert_address(&address, COMMAND4);
	g_assert_cmpuint(port, ==, 80);
	policy_free(policy);
}

static void test_client_source(void)
{
	static const struct {
		const char *client, *seen;
	} cases[] = {
		{"127.0.0.1", LOOPBACK4},
		{"127.1.2.3", LOOPBACK4},
		{COMMAND4, HOST4},
		{"192.0.2.9", "192.0.2.9"},
		{"198.51.100.1", "198.51.100.1"},
		{"::1", LOOPBACK6},
		{COMMAND6, HOST6},
		{"2001:db8::9", "2001:db8::9"},
		{"fe80::9", LOOPBACK6},
	};
	struct link_config link;

	fill_link(&link);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct ip_address client = address_of(cases[i].client);
		struct ip_address seen =
			client_source_of(link_config_network(&link, client.family), &client);
		assert_address(&seen, cases[i].seen);
	}
}

/* --- aliases --- */

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

	fill_link(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct packet_end from = {cases[i].from, 4000}, to = {cases[i].to, 53};
		struct packet packet;

		packet_tcp(&packet, from, to, TH_SYN, 7);
		struct frame frame = passed(alias, &packet, false, 16);
		assert_address(&frame.destination, cases[i].becomes);
		assert_address(&frame.source, cases[i].from);
		packet_udp(&packet, from, to, 8);
		frame = passed(alias, &packet, false, 6);
		assert_address(&frame.destination, cases[i].becomes);
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

	fill_link(&link);
	struct stack_alias *alias = stack_alias_new(&link);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct packet packet;

		packet_udp(&packet, (struct packet_end){cases[i].from, 53},
			   (struct packet_end){cases[i].to, 4000}, 8);
		struct frame frame = passed(alias, &packet, true, 6);
		assert_address(&frame.source, cases[i].becomes);
		assert_address(&frame.destination, cases[i].to);
	}
	stack_alias_free(alias);
}

/* RFC 768: a checksum that is absent stays so. */
static void test_no_udp_checksum(void)
{
	struct link_config link;
	struct packet packet;

	fill_link(&link);
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
	assert_address(&seen, is_v6 ? HOST6 : HOST4);
	if (!is_v6)
		g_assert_cmpuint(checksum_finish(checksum_add(0, frame.data + quoted_offset, 20)),
				 ==, 0);
}

static void test_quoted(void)
{
	struct link_config link;

	fill_link(&link);
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

	fill_link(&link);
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
	assert_address(&stack.v4.gateway, "10.0.2.2");
	assert_address(&stack.v4.dns, "10.0.2.3");
}

/* --- neighbours --- */

static struct frame arp_request(uint8_t *data, const char *sender, const char *target)
{
	static const uint8_t start[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8, 6,
					0,    1,    8,	  0,	6,    4,    0, 1, 2, 0, 0, 0, 0, 7};
	struct frame frame;

	memset(data, 0, 42);
	memcpy(data, start, sizeof(start));
	g_assert_cmpint(inet_pton(AF_INET, sender, data + 28), ==, 1);
	g_assert_cmpint(inet_pton(AF_INET, target, data + 38), ==, 1);
	frame_parse(&frame, data, 42);
	return frame;
}

static size_t ask_arp(const char *sender, const char *target, uint8_t *answer)
{
	struct link_config link;
	uint8_t data[42];

	fill_link(&link);
	const struct frame frame = arp_request(data, sender, target);
	g_assert_cmpint(neighbours_request_family(&frame), ==, AF_INET);
	return neighbours_answer(&link, &frame, answer);
}

static void test_arp(void)
{
	uint8_t answer[NEIGHBOURS_FRAME_SIZE];
	struct ip_address sender = {.family = AF_INET};

	g_assert_cmpuint(ask_arp(COMMAND4, "192.0.2.9", answer), ==, 42);
	g_assert_cmpuint(answer[21], ==, 2); /* a reply */
	g_assert_cmpmem(answer, 6, "\2\0\0\0\0\7", 6);
	g_assert_cmpmem(answer + 6, 6, answer + 22, 6);
	memcpy(sender.bytes, answer + 28, 4);
	assert_address(&sender, "192.0.2.9");
	g_assert_cmpmem(answer + 6, 6, "\x9a\x55\x9a\x55\x9a\x55", 6);
	/* Its own address: gratuitous, a probe, and a strange question. */
	g_assert_cmpuint(ask_arp(COMMAND4, COMMAND4, answer), ==, 0);
	g_assert_cmpuint(ask_arp("0.0.0.0", COMMAND4, answer), ==, 0);
	g_assert_cmpuint(ask_arp("192.0.2.9", COMMAND4, answer), ==, 0);
}

static size_t ask_ndp(const char *source, const char *target, uint8_t *answer)
{
	struct nd_neighbor_solicit solicit = {.nd_ns_type = ND_NEIGHBOR_SOLICIT};
	struct link_config link;
	struct packet packet;

	fill_link(&link);
	g_assert_cmpint(inet_pton(AF_INET6, target, &solicit.nd_ns_target), ==, 1);
	packet_ip(&packet, source, "ff02::1:ff00:1", IPPROTO_ICMPV6, &solicit, sizeof(solicit));
	struct frame frame = packet_parse(&packet);
	g_assert_cmpint(neighbours_request_family(&frame), ==, AF_INET6);
	size_t size = neighbours_answer(&link, &frame, answer);
	packet_frame_done(&frame);
	return size;
}

static void test_ndp(void)
{
	uint8_t answer[NEIGHBOURS_FRAME_SIZE];
	struct frame frame;

	g_assert_cmpuint(ask_ndp(COMMAND6, "fe80::1", answer), ==, NEIGHBOURS_FRAME_SIZE);
	frame_parse(&frame, answer, sizeof(answer));
	assert_right(&frame);
	assert_address(&frame.source, "fe80::1");
	assert_address(&frame.destination, COMMAND6);
	g_assert_cmpuint(answer[PACKET_L46], ==, ND_NEIGHBOR_ADVERT);
	g_assert_cmpuint(ask_ndp("fe80::77", "2001:db8::9", answer), >, 0);
	g_assert_cmpuint(ask_ndp("::", COMMAND6, answer), ==, 0);
	g_assert_cmpuint(ask_ndp("::", "fe80::77", answer), ==, 0);
	g_assert_cmpuint(ask_ndp("fe80::77", COMMAND6, answer), ==, 0);
}

static void test_announce(void)
{
	static const struct mac_address mac = {{2, 0, 0, 0, 0, 7}};
	uint8_t data[NEIGHBOURS_FRAME_SIZE];
	struct link_config link;
	struct frame frame;

	fill_link(&link);
	g_assert_cmpuint(neighbours_announce(&link, AF_INET, &mac, data), ==, 42);
	g_assert_cmpmem(data + 22, 6, mac.bytes, 6);
	size_t size = neighbours_announce(&link, AF_INET6, &mac, data);
	frame_parse(&frame, data, size);
	assert_right(&frame);
	assert_address(&frame.source, COMMAND6);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shared-network/policy", test_policy);
	g_test_add_func("/shared-network/closed-aliases", test_closed_aliases);
	g_test_add_func("/shared-network/translate", test_translate);
	g_test_add_func("/shared-network/client-source", test_client_source);
	g_test_add_func("/shared-network/to-stack", test_to_stack);
	g_test_add_func("/shared-network/from-stack", test_from_stack);
	g_test_add_func("/shared-network/no-udp-checksum", test_no_udp_checksum);
	g_test_add_func("/shared-network/quoted", test_quoted);
	g_test_add_func("/shared-network/router-advertisement", test_router_advertisement);
	g_test_add_func("/shared-network/not-shared", test_not_shared);
	g_test_add_func("/shared-network/arp", test_arp);
	g_test_add_func("/shared-network/ndp", test_ndp);
	g_test_add_func("/shared-network/announce", test_announce);
	return g_test_run();
}
