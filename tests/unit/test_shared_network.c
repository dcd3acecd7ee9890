/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_shared_network - a network with the host's addresses: hand-over, policy, neighbours */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/checksum.h"
#include "forwarder/client_source.h"
#include "forwarder/neighbours.h"
#include "forwarder/policy.h"
#include "src/handoff.h"
#include "tests/unit/descriptors.h"
#include "tests/unit/packet.h"
#include "tests/unit/shared_link.h"

/* --- the hand-over --- */

static void assert_same_network(const struct link_network *a, const struct link_network *b)
{
	g_assert_true(a->is_shared == b->is_shared);
	g_assert_true(a->hides_loopback == b->hides_loopback);
	g_assert_true(a->opens_host == b->opens_host);
	g_assert_true(ip_address_equal(&a->router, &b->router));
	g_assert_true(ip_address_equal(&a->gateway, &b->gateway));
	g_assert_true(ip_address_equal(&a->dns, &b->dns));
	g_assert_true(ip_address_equal(&a->host, &b->host));
}

/* One that looks like the host's, with and without a resolver's alias. */
static void test_handoff(void)
{
	struct handoff_start sent, received;
	struct descriptors_pair pair;

	descriptors_pair_init(&pair);
	handoff_start_init(&sent);
	handoff_start_init(&received);
	sent.name = g_strdup("web");
	shared_link_fill(&sent.link);
	sent.link.mac = (struct mac_address){{2, 1, 2, 3, 4, 5}};
	sent.link.neighbour_mac = (struct mac_address){{2, 7, 7, 7, 7, 7}};
	sent.link.v6.hides_loopback = true;
	sent.fds[HANDOFF_FD_TAP] = fcntl(pair.to, F_DUPFD_CLOEXEC, 0);
	g_assert_true(handoff_send_start(pair.to, &sent, NULL));
	g_assert_true(handoff_receive_start(pair.from, &received, NULL));
	assert_same_network(&received.link.v4, &sent.link.v4);
	assert_same_network(&received.link.v6, &sent.link.v6);
	g_assert_cmpmem(&received.link.neighbour_mac, 6, &sent.link.neighbour_mac, 6);
	handoff_start_done(&received);
	handoff_start_done(&sent);
	descriptors_pair_done(&pair);
}

/* --- who may be spoken to --- */

static enum policy_verdict check(const struct policy *policy, const char *to, uint16_t port)
{
	const char *from = strchr(to, ':') ? COMMAND6 : COMMAND4;
	struct ip_address destination = shared_link_address(to);
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

	shared_link_fill(&link);
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

	shared_link_fill(&link);
	link.v4.opens_host = false;
	link.v6.hides_loopback = true;
	struct policy *policy = policy_new(&link, &access);
	struct ip_address host = shared_link_address(HOST4);
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
	struct ip_address host = shared_link_address(HOST4), address;
	struct link_config link;
	uint16_t port;

	shared_link_fill(&link);
	struct policy *policy = policy_new(&link, &access);
	g_assert_true(policy_translate(policy, &host, 80, &sockaddr));
	g_assert_true(ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &address, &port));
	shared_link_assert_address(&address, COMMAND4);
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

	shared_link_fill(&link);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct ip_address client = shared_link_address(cases[i].client);
		struct ip_address seen =
			client_source_of(link_config_network(&link, client.family), &client);
		shared_link_assert_address(&seen, cases[i].seen);
	}
}

/* What host.internal is. */
static void test_reached_host(void)
{
	struct link_config link;

	shared_link_fill(&link);
	shared_link_assert_address(link_network_reached_host(&link.v4), LOOPBACK4);
	link.v4.hides_loopback = true;
	shared_link_assert_address(link_network_reached_host(&link.v4), HOST4);
	link.v4.opens_host = false;
	shared_link_assert_address(link_network_reached_host(&link.v4), "");
	link.v6.enabled = false;
	shared_link_assert_address(link_network_reached_host(&link.v6), "");
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

	shared_link_fill(&link);
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
	shared_link_assert_address(&sender, "192.0.2.9");
	g_assert_cmpmem(answer + 6, 6, "\x9a\x55\x9a\x55\x9a\x55", 6);
	/* Its own address: gratuitous, a probe, and a strange question. */
	g_assert_cmpuint(ask_arp(COMMAND4, COMMAND4, answer), ==, 0);
	g_assert_cmpuint(ask_arp("0.0.0.0", COMMAND4, answer), ==, 0);
	g_assert_cmpuint(ask_arp("192.0.2.9", COMMAND4, answer), ==, 0);
}

/* RFC 4443, 2.3: the sum over all of it is 0. */
static void assert_checksum(const struct frame *frame)
{
	size_t size = frame->end - frame->transport_offset;
	uint32_t sum = (uint32_t)size + IPPROTO_ICMPV6;

	g_assert_cmpint(frame->kind, ==, FRAME_IP);
	sum = checksum_add(sum, frame->source.bytes, 16);
	sum = checksum_add(sum, frame->destination.bytes, 16);
	sum = checksum_add(sum, frame->data + frame->transport_offset, size);
	g_assert_cmpuint(checksum_finish(sum), ==, 0);
}

static size_t ask_ndp(const char *source, const char *target, uint8_t *answer)
{
	struct nd_neighbor_solicit solicit = {.nd_ns_type = ND_NEIGHBOR_SOLICIT};
	struct link_config link;
	struct packet packet;

	shared_link_fill(&link);
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
	assert_checksum(&frame);
	shared_link_assert_address(&frame.source, "fe80::1");
	shared_link_assert_address(&frame.destination, COMMAND6);
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

	shared_link_fill(&link);
	g_assert_cmpuint(neighbours_announce(&link, AF_INET, &mac, data), ==, 42);
	g_assert_cmpmem(data + 22, 6, mac.bytes, 6);
	size_t size = neighbours_announce(&link, AF_INET6, &mac, data);
	frame_parse(&frame, data, size);
	assert_checksum(&frame);
	shared_link_assert_address(&frame.source, COMMAND6);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shared-network/handoff", test_handoff);
	g_test_add_func("/shared-network/policy", test_policy);
	g_test_add_func("/shared-network/closed-aliases", test_closed_aliases);
	g_test_add_func("/shared-network/translate", test_translate);
	g_test_add_func("/shared-network/client-source", test_client_source);
	g_test_add_func("/shared-network/reached-host", test_reached_host);
	g_test_add_func("/shared-network/arp", test_arp);
	g_test_add_func("/shared-network/ndp", test_ndp);
	g_test_add_func("/shared-network/announce", test_announce);
	return g_test_run();
}
