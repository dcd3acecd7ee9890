/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_udp_frame - datagrams as frames: headers, checksums, fragments, quotes */
#include "forwarder/udp_frame.h"

#include <netinet/ip6.h>
#include <string.h>

#include "forwarder/frame.h"
#include "forwarder/reject.h"

#define MTU 1500

static const struct link_config config = {
	.mtu = MTU,
	.mac = {{0x02, 0, 0, 0, 0, 0xaa}},
};

static uint8_t data[65507];

/* What the sink has seen of one datagram. */
struct seen {
	unsigned frames;
	size_t end; /* of the transport bytes that followed each other */
	struct frame last;
	uint8_t transport[65600];
};

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void on_frame(const uint8_t *bytes, size_t size, void *opaque)
{
	struct seen *seen = opaque;
	struct frame *frame = &seen->last;

	frame_parse(frame, bytes, size);
	g_assert_cmpint(frame->kind, ==, FRAME_IP);
	g_assert_cmpint(frame->protocol, ==, IPPROTO_UDP);
	g_assert_cmpmem(bytes, 6, config.mac.bytes, 6);
	g_assert_cmpuint(frame->end, ==, size);
	g_assert_cmpuint(size, <=, 14 + MTU);
	g_assert_cmpuint(frame->fragment_offset, ==, seen->end);
	if (frame->destination.family == AF_INET)
		g_assert_cmpuint(fold(add(0, bytes + 14, 20)), ==, 0xffff);
	memcpy(seen->transport + seen->end, bytes + frame->transport_offset,
	       size - frame->transport_offset);
	seen->end += size - frame->transport_offset;
	seen->frames++;
}

static struct udp_endpoint endpoint(const char *address, uint16_t port)
{
	struct udp_endpoint result = {.port = port};

	g_assert_true(ip_address_parse(address, &result.address, NULL));
	return result;
}

static void check(const char *source, const char *destination, size_t size, unsigned frames)
{
	struct udp_endpoint from = endpoint(source, 53), to = endpoint(destination, 40000);
	const struct udp_packet packet = {&from, &to, data, size};
	size_t address_size = ip_address_bits(&from.address) / 8;
	static struct seen seen;

	seen = (struct seen){0};
	udp_frame_to_command(&config, &packet, on_frame, &seen);
	g_assert_cmpuint(seen.frames, ==, frames);
	g_assert_true(seen.last.is_fragment == (frames > 1));
	g_assert_true(ip_address_equal(&seen.last.source, &from.address));
	g_assert_true(ip_address_equal(&seen.last.destination, &to.address));
	g_assert_cmpuint(seen.end, ==, size + 8);
	g_assert_cmpmem(seen.transport + 8, size, data, size);
	g_assert_cmpuint(seen.transport[0] << 8 | seen.transport[1], ==, 53);
	g_assert_cmpuint(seen.transport[2] << 8 | seen.transport[3], ==, 40000);
	g_assert_cmpuint(seen.transport[4] << 8 | seen.transport[5], ==, size + 8);
	uint32_t sum = add((uint32_t)(size + 8 + IPPROTO_UDP), seen.transport, size + 8);
	sum = add(sum, from.address.bytes, address_size);
	g_assert_cmpuint(fold(add(sum, to.address.bytes, address_size)), ==, 0xffff);
}

static void test_v4(void)
{
	check("192.0.2.1", "10.0.2.100", 0, 1);
	check("192.0.2.1", "10.0.2.100", 1, 1);
	check("192.0.2.1", "10.0.2.100", 1472, 1);
	check("192.0.2.1", "10.0.2.100", 1473, 2);
	check("192.0.2.1", "10.0.2.100", 65507, 45);
}

static void test_v6(void)
{
	check("2001:db8::1", "fd00::100", 0, 1);
	check("2001:db8::1", "fd00::100", 1452, 1);
	check("2001:db8::1", "fd00::100", 1453, 2);
	check("2001:db8::1", "fd00::100", 65507, 46);
}

/* A checksum that comes out as zero is sent as ones (RFC 768). */
static void test_zero_checksum(void)
{
	struct udp_endpoint from = endpoint("192.0.2.1", 1), to = endpoint("10.0.2.100", 2);
	static struct seen seen;
	uint8_t bytes[2] = {0, 0};
	const struct udp_packet packet = {&from, &to, bytes, sizeof(bytes)};

	udp_frame_to_command(&config, &packet, on_frame, &seen);
	bytes[0] = seen.transport[6];
	bytes[1] = seen.transport[7];
	seen = (struct seen){0};
	udp_frame_to_command(&config, &packet, on_frame, &seen);
	g_assert_cmpuint(seen.transport[6] << 8 | seen.transport[7], ==, 0xffff);
}

static void check_quote(const char *inner_address, const char *remote_address, size_t size)
{
	struct udp_endpoint inner = endpoint(inner_address, 40000);
	struct udp_endpoint remote = endpoint(remote_address, 9);
	const struct udp_packet packet = {&inner, &remote, data, size};
	uint8_t quote[UDP_FRAME_QUOTE_SIZE], answer[REJECT_FRAME_SIZE];
	struct frame frame;

	frame_parse(&frame, quote, udp_frame_quote(&config, &packet, quote));
	g_assert_true(frame.has_ports);
	g_assert_true(ip_address_equal(&frame.source, &inner.address));
	g_assert_true(ip_address_equal(&frame.destination, &remote.address));
	g_assert_cmpuint(frame.source_port, ==, 40000);
	g_assert_cmpuint(frame.destination_port, ==, 9);
	g_assert_cmpuint(reject_build(&frame, REJECT_REFUSED, answer), >, 0);
	g_assert_cmpmem(answer, 6, config.mac.bytes, 6);
}

static void test_quote(void)
{
	check_quote("10.0.2.100", "192.0.2.1", 0);
	check_quote("10.0.2.100", "192.0.2.1", 65507);
	check_quote("fd00::100", "2001:db8::1", 65507);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	g_test_add_func("/udp-frame/v4", test_v4);
	g_test_add_func("/udp-frame/v6", test_v6);
	g_test_add_func("/udp-frame/zero-checksum", test_zero_checksum);
	g_test_add_func("/udp-frame/quote", test_quote);
	return g_test_run();
}
