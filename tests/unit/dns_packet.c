/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_packet - DNS messages for tests, built by hand (RFC 1035 4.1) */
#include "tests/unit/dns_packet.h"

#include <arpa/nameser.h>
#include <string.h>

#include <glib.h>

#include "src/address.h"

static void put(struct dns_packet *packet, const void *data, size_t size)
{
	g_assert_cmpuint(packet->size + size, <=, sizeof(packet->data));
	if (size)
		memcpy(packet->data + packet->size, data, size);
	packet->size += size;
}

static void put16(struct dns_packet *packet, unsigned value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(packet, bytes, sizeof(bytes));
}

static void put_name(struct dns_packet *packet, const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);

	for (char **label = labels; *label && **label; label++) {
		uint8_t size = (uint8_t)strlen(*label);
		put(packet, &size, 1);
		put(packet, *label, size);
	}
	put(packet, "", 1);
}

static void count(struct dns_packet *packet, size_t at)
{
	packet->data[at + 1]++;
}

void dns_packet_begin(struct dns_packet *packet, uint16_t id, unsigned flags, const char *name,
		      unsigned type)
{
	packet->size = 0;
	put16(packet, id);
	put16(packet, flags);
	put16(packet, 1);
	for (int i = 0; i < 3; i++)
		put16(packet, 0);
	put_name(packet, name);
	put16(packet, type);
	put16(packet, ns_c_in);
}

static void put_record(struct dns_packet *packet, const char *name, unsigned type, unsigned class,
		       uint32_t ttl)
{
	put_name(packet, name);
	put16(packet, type);
	put16(packet, class);
	put16(packet, ttl >> 16);
	put16(packet, ttl & 0xffff);
}

void dns_packet_record(struct dns_packet *packet, const char *name, unsigned type, uint32_t ttl,
		       const void *data, size_t size)
{
	put_record(packet, name, type, ns_c_in, ttl);
	put16(packet, (unsigned)size);
	put(packet, data, size);
	count(packet, 6);
}

void dns_packet_alias(struct dns_packet *packet, const char *name, uint32_t ttl, const char *target)
{
	struct dns_packet data = {0};

	put_name(&data, target);
	dns_packet_record(packet, name, ns_t_cname, ttl, data.data, data.size);
}

void dns_packet_address(struct dns_packet *packet, const char *name, uint32_t ttl, const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	dns_packet_record(packet, name, address.family == AF_INET ? ns_t_a : ns_t_aaaa, ttl,
			  address.bytes, ip_address_bits(&address) / 8);
}

void dns_packet_edns(struct dns_packet *packet, unsigned udp_size)
{
	put_record(packet, "", ns_t_opt, udp_size, 0);
	put16(packet, 0);
	count(packet, 10);
}
