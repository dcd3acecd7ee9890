/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_reject - RST and ICMP answers, byte by byte */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/reject.h"
#include "tests/unit/packet.h"

static const struct packet_end inner4 = {"10.0.2.100", 4000}, outer4 = {"192.0.2.1", 80};
static const struct packet_end inner6 = {"fd00::100", 4000}, outer6 = {"2001:db8::1", 80};

/* The answer and what was answered; answer.size is 0 if there is none. */
static struct packet reject(const struct packet *packet, enum reject_reason reason)
{
	struct frame frame = packet_parse(packet);
	uint8_t *buffer = g_malloc(REJECT_FRAME_SIZE);
	struct packet answer = {0};

	answer.size = reject_build(&frame, reason, buffer);
	memcpy(answer.data, buffer, answer.size);
	g_free(buffer);
	packet_frame_done(&frame);
	return answer;
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t sum16(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += (uint32_t)data[i] << (i % 2 ? 0 : 8);
	return sum;
}

static void assert_sum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	g_assert_cmphex(sum, ==, 0xffff);
}

/* A correct checksum makes the sum over everything all ones (RFC 1071). */
static void assert_checksums(const struct packet *answer)
{
	const uint8_t *ip = answer->data + PACKET_IP;
	bool is_v6 = ip[0] >> 4 == 6;
	size_t transport = is_v6 ? PACKET_L46 : PACKET_L4;
	size_t size = answer->size - transport;
	uint8_t protocol = ip[is_v6 ? 6 : 9];
	uint32_t sum = sum16(answer->data + transport, size);

	if (!is_v6)
		assert_sum(sum16(ip, 20));
	if (protocol != IPPROTO_ICMP)
		sum += sum16(ip + (is_v6 ? 8 : 12), is_v6 ? 32 : 8) + protocol + (uint32_t)size;
	assert_sum(sum);
}

/* Ethernet and IP addresses of the answer are those of the packet, swapped; lengths fit. */
static void assert_swapped(const struct packet *packet, const struct packet *answer)
{
	struct frame asked = packet_parse(packet), told = packet_parse(answer);

	g_assert_cmpint(told.kind, ==, FRAME_IP);
	g_assert_cmpint(told.end, ==, answer->size);
	g_assert_cmpmem(answer->data, 6, packet->data + 6, 6);
	g_assert_cmpmem(answer->data + 6, 6, packet->data, 6);
	g_assert_true(ip_address_equal(&told.source, &asked.destination));
	g_assert_true(ip_address_equal(&told.destination, &asked.source));
	packet_frame_done(&asked);
	packet_frame_done(&told);
}

static void assert_rst(const struct packet *packet, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct packet answer = reject(packet, REJECT_REFUSED);
	struct frame frame = packet_parse(&answer);
	const uint8_t *tcp = answer.data + frame.transport_offset;

	assert_swapped(packet, &answer);
	assert_checksums(&answer);
	g_assert_true(frame.has_ports);
	g_assert_cmpint(frame.source_port, ==, 80);
	g_assert_cmpint(frame.destination_port, ==, 4000);
	g_assert_cmphex(frame.tcp_flags, ==, flags);
	g_assert_cmpint(read32(tcp + 4), ==, seq);
	g_assert_cmpint(read32(tcp + 8), ==, ack);
	packet_frame_done(&frame);
}

static void test_rst(void)
{
	struct packet packet;

	packet_tcp(&packet, inner4, outer4, TH_SYN, 0);
	assert_rst(&packet, TH_RST | TH_ACK, 0, 1001);
	packet.size += 6; /* padding is not payload */
	assert_rst(&packet, TH_RST | TH_ACK, 0, 1001);
	packet_tcp(&packet, inner4, outer4, TH_SYN, 11);
	assert_rst(&packet, TH_RST | TH_ACK, 0, 1012);
	packet_tcp(&packet, inner4, outer4, TH_FIN, 3);
	assert_rst(&packet, TH_RST | TH_ACK, 0, 1004);
	packet_tcp(&packet, inner4, outer4, TH_ACK, 3);
	assert_rst(&packet, TH_RST, 2000, 0);
	packet_tcp(&packet, inner6, outer6, TH_SYN, 0);
	assert_rst(&packet, TH_RST | TH_ACK, 0, 1001);
}

static void test_prohibited_tcp_is_rst(void)
{
	struct packet packet, answer;

	packet_tcp(&packet, inner4, outer4, TH_SYN, 0);
	answer = reject(&packet, REJECT_PROHIBITED);
	g_assert_cmpint(answer.data[PACKET_IP + 9], ==, IPPROTO_TCP);
	answer = reject(&packet, REJECT_NET_UNREACHABLE);
	g_assert_cmpint(answer.data[PACKET_IP + 9], ==, IPPROTO_ICMP);
}

static void assert_icmp(const struct packet *packet, enum reject_reason reason, uint8_t type,
			uint8_t code)
{
	struct packet answer = reject(packet, reason);
	bool is_v6 = packet->data[12] == 0x86;
	size_t icmp = is_v6 ? PACKET_L46 : PACKET_L4;
	size_t limit = PACKET_IP + (is_v6 ? 1280 : 576);
	size_t quoted;

	g_assert_cmpint(answer.size, >, icmp + 8);
	g_assert_cmpint(answer.size, <=, limit);
	assert_swapped(packet, &answer);
	assert_checksums(&answer);
	g_assert_cmpint(answer.data[icmp], ==, type);
	g_assert_cmpint(answer.data[icmp + 1], ==, code);
	quoted = answer.size - icmp - 8;
	g_assert_cmpint(quoted, ==, MIN(packet->size - PACKET_IP, limit - icmp - 8));
	g_assert_cmpmem(answer.data + icmp + 8, quoted, packet->data + PACKET_IP, quoted);
}

static void assert_icmp_codes(const struct packet *packet, uint8_t type, const uint8_t codes[4])
{
	assert_icmp(packet, REJECT_REFUSED, type, codes[0]);
	assert_icmp(packet, REJECT_PROHIBITED, type, codes[1]);
	assert_icmp(packet, REJECT_HOST_UNREACHABLE, type, codes[2]);
	assert_icmp(packet, REJECT_NET_UNREACHABLE, type, codes[3]);
}

static void test_icmp(void)
{
	static const uint8_t codes4[] = {3, 13, 1, 0}, codes6[] = {4, 1, 3, 0};
	static const size_t sizes[] = {0, 5, 1400};
	struct packet packet;

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		packet_udp(&packet, inner4, outer4, sizes[i]);
		assert_icmp_codes(&packet, 3, codes4);
		packet_udp(&packet, inner6, outer6, sizes[i]);
		assert_icmp_codes(&packet, 1, codes6);
	}
	packet_icmp(&packet, inner4.address, outer4.address, 8);
	assert_icmp(&packet, REJECT_PROHIBITED, 3, 13);
}

static void assert_silent(const struct packet *packet)
{
	for (int reason = REJECT_REFUSED; reason <= REJECT_NET_UNREACHABLE; reason++) {
		struct packet answer = reject(packet, (enum reject_reason)reason);

		g_assert_cmpint(answer.size, ==, 0);
	}
}

static void test_no_answer_to_errors(void)
{
	static const uint8_t errors4[] = {3, 4, 5, 11, 12}, errors6[] = {1, 2, 3, 4, 137};
	struct packet packet;

	packet_tcp(&packet, inner4, outer4, TH_RST, 0);
	assert_silent(&packet);
	packet_tcp(&packet, inner6, outer6, TH_RST | TH_ACK, 0);
	assert_silent(&packet);
	for (size_t i = 0; i < G_N_ELEMENTS(errors4); i++) {
		packet_icmp(&packet, inner4.address, outer4.address, errors4[i]);
		assert_silent(&packet);
		packet_icmp(&packet, inner6.address, outer6.address, errors6[i]);
		assert_silent(&packet);
	}
	packet_ip(&packet, inner4.address, outer4.address, IPPROTO_ICMP, "", 0);
	assert_silent(&packet);
}

static void test_no_answer_to_groups(void)
{
	static const char *const sources4[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1",
					       "255.255.255.255"};
	static const char *const sources6[] = {"::", "::1", "ff02::1"};
	struct packet packet;

	packet_udp(&packet, inner4, (struct packet_end){"224.0.0.251", 5353}, 0);
	assert_silent(&packet);
	packet_udp(&packet, inner4, (struct packet_end){"255.255.255.255", 9}, 0);
	assert_silent(&packet);
	packet_udp(&packet, inner6, (struct packet_end){"ff02::fb", 5353}, 0);
	assert_silent(&packet);
	packet_udp(&packet, inner4, (struct packet_end){"10.0.2.255", 9}, 0);
	memset(packet.data, 0xff, 6);
	assert_silent(&packet);
	for (size_t i = 0; i < G_N_ELEMENTS(sources4); i++) {
		packet_udp(&packet, (struct packet_end){sources4[i], 1}, outer4, 0);
		assert_silent(&packet);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(sources6); i++) {
		packet_udp(&packet, (struct packet_end){sources6[i], 1}, outer6, 0);
		assert_silent(&packet);
	}
}

static void test_fragments(void)
{
	struct packet packet;

	packet_udp(&packet, inner4, outer4, 64);
	packet.data[PACKET_IP + 6] = 0x20;
	assert_icmp(&packet, REJECT_PROHIBITED, 3, 13);
	packet.data[PACKET_IP + 7] = 1;
	assert_silent(&packet);
	packet_udp(&packet, inner6, outer6, 64);
	packet_insert_extension(&packet, IPPROTO_FRAGMENT, 1);
	assert_icmp(&packet, REJECT_PROHIBITED, 1, 1);
	packet_udp(&packet, inner6, outer6, 64);
	packet_insert_extension(&packet, IPPROTO_FRAGMENT, 9);
	assert_silent(&packet);
}

static void test_not_ip(void)
{
	struct packet packet = {.size = 60};

	assert_silent(&packet);
	packet_udp(&packet, inner4, outer4, 0);
	packet.data[PACKET_IP] = 0x44;
	assert_silent(&packet);
}

static void test_reason_of_errno(void)
{
	g_assert_cmpint(reject_reason_of_errno(ECONNREFUSED), ==, REJECT_REFUSED);
	g_assert_cmpint(reject_reason_of_errno(EACCES), ==, REJECT_PROHIBITED);
	g_assert_cmpint(reject_reason_of_errno(EPERM), ==, REJECT_PROHIBITED);
	g_assert_cmpint(reject_reason_of_errno(ENETUNREACH), ==, REJECT_NET_UNREACHABLE);
	g_assert_cmpint(reject_reason_of_errno(EHOSTUNREACH), ==, REJECT_HOST_UNREACHABLE);
	g_assert_cmpint(reject_reason_of_errno(ETIMEDOUT), ==, REJECT_HOST_UNREACHABLE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reject/rst", test_rst);
	g_test_add_func("/reject/prohibited-tcp-is-rst", test_prohibited_tcp_is_rst);
	g_test_add_func("/reject/icmp", test_icmp);
	g_test_add_func("/reject/no-answer-to-errors", test_no_answer_to_errors);
	g_test_add_func("/reject/no-answer-to-groups", test_no_answer_to_groups);
	g_test_add_func("/reject/fragments", test_fragments);
	g_test_add_func("/reject/not-ip", test_not_ip);
	g_test_add_func("/reject/reason-of-errno", test_reason_of_errno);
	return g_test_run();
}
