/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet - frames for tests, built by hand */
#include "tests/unit/packet.h"

#include <arpa/inet.h>
#include <string.h>

#include <glib.h>

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t put_address(uint8_t *at, const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	memcpy(at, address.bytes, ip_address_bits(&address) / 8);
	return ip_address_bits(&address) / 8;
}

void packet_ip(struct packet *packet, const char *source, const char *destination, uint8_t protocol,
	       const void *payload, size_t size)
{
	static const uint8_t macs[12] = {0x52, 0x55, 10, 0, 2, 2, 2, 0, 0, 0, 0, 0xaa};
	bool is_v6 = strchr(destination, ':');
	uint8_t *ip = packet->data + PACKET_IP;
	uint8_t *at = ip + (is_v6 ? 8 : 12);

	memset(packet->data, 0, sizeof(packet->data));
	memcpy(packet->data, macs, sizeof(macs));
	put16(packet->data + 12, is_v6 ? 0x86dd : 0x0800);
	ip[0] = is_v6 ? 0x60 : 0x45;
	put16(ip + (is_v6 ? 4 : 2), is_v6 ? size : size + 20);
	ip[is_v6 ? 6 : 9] = protocol;
	ip[is_v6 ? 7 : 8] = 64;
	at += put_address(at, source);
	at += put_address(at, destination);
	if (size > 0)
		memcpy(at, payload, size);
	packet->size = (size_t)(at - packet->data) + size;
}

void packet_tcp(struct packet *packet, struct packet_end source, struct packet_end destination,
		uint8_t flags, size_t payload_size)
{
	uint8_t segment[2048] = {0};

	put16(segment, source.port);
	put16(segment + 2, destination.port);
	put16(segment + 6, 1000);
	put16(segment + 10, 2000);
	segment[12] = 5 << 4;
	segment[13] = flags;
	packet_ip(packet, source.address, destination.address, IPPROTO_TCP, segment,
		  20 + payload_size);
}

void packet_udp(struct packet *packet, struct packet_end source, struct packet_end destination,
		size_t payload_size)
{
	uint8_t datagram[2048] = {0};

	put16(datagram, source.port);
	put16(datagram + 2, destination.port);
	put16(datagram + 4, 8 + payload_size);
	packet_ip(packet, source.address, destination.address, IPPROTO_UDP, datagram,
		  8 + payload_size);
}

void packet_icmp(struct packet *packet, const char *source, const char *destination, uint8_t type)
{
	const uint8_t message[8] = {type};
	bool is_v6 = strchr(destination, ':');

	packet_ip(packet, source, destination, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, message,
		  sizeof(message));
}

void packet_insert_extension(struct packet *packet, uint8_t kind, uint16_t second)
{
	uint8_t *extension = packet->data + PACKET_L46;
	uint8_t *ip = packet->data + PACKET_IP;

	memmove(extension + 8, extension, packet->size - PACKET_L46);
	memset(extension, 0, 8);
	extension[0] = ip[6];
	put16(extension + 2, second);
	ip[6] = kind;
	packet->size += 8;
	put16(ip + 4, packet->size - PACKET_L46);
}

struct frame packet_parse(const struct packet *packet)
{
	struct frame frame;

	frame_parse(&frame, g_memdup2(packet->data, packet->size), packet->size);
	return frame;
}

void packet_frame_done(struct frame *frame)
{
	g_free((uint8_t *)frame->data);
}
