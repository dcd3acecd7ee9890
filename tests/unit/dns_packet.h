/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_packet - DNS messages for tests, built by hand (RFC 1035 4.1) */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dns_packet {
	uint8_t data[4096];
	size_t size;
};

#define DNS_PACKET_QUERY  0x0100
#define DNS_PACKET_ANSWER 0x8180

/* A header and one question of class IN. */
void dns_packet_begin(struct dns_packet *packet, uint16_t id, unsigned flags, const char *name,
		      unsigned type);
/* A record of the answer section, and one whose data is another name. */
void dns_packet_record(struct dns_packet *packet, const char *name, unsigned type, uint32_t ttl,
		       const void *data, size_t size);
void dns_packet_alias(struct dns_packet *packet, const char *name, uint32_t ttl,
		      const char *target);
/* An address of either family, as text. */
void dns_packet_address(struct dns_packet *packet, const char *name, uint32_t ttl,
			const char *address);
/* EDNS in the additional section: the size that the sender takes. */
void dns_packet_edns(struct dns_packet *packet, unsigned udp_size);
