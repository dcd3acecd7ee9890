/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip_frame - IP packets as the Ethernet frames of a link, in fragments where they are too large */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "src/link_config.h"

/* What IP carries: a transport header and the data behind it. */
struct ip_packet {
	const struct ip_address *source, *destination; /* of one family */
	uint8_t protocol;			       /* IPPROTO_* */
	uint8_t hop_limit;			       /* 0: a usual one */
	const void *header;
	/* Even. A packet of which there may be fragments has at most 8: the first one has them all.
	 */
	size_t header_size;
	const uint8_t *data;
	size_t data_size; /* with the header at most 65515 bytes, 65535 with IPv6 */
};

/*
 * The checksum of header, whose own field is zero, and data, in network byte order: with the pseudo
 * header of RFC 768 and RFC 8200 8.1, but for ICMP, which has none.
 */
uint16_t ip_frame_checksum(const struct ip_packet *packet);

/* Takes each frame of a packet. */
typedef void (*ip_frame_sink)(const uint8_t *frame, size_t size, void *opaque);

/* Builds a packet to the command: one frame, or fragments (RFC 791, RFC 8200 4.5) if the MTU asks.
 */
void ip_frame_to_command(const struct link_config *link, const struct ip_packet *packet,
			 ip_frame_sink sink, void *opaque);

/*
 * Builds the frame that a packet of the command had, in one piece, into buffer, whose size must do:
 * IP_FRAME_HEADERS_MAX, header and data. Returns the frame's size.
 */
#define IP_FRAME_HEADERS_MAX 54
size_t ip_frame_from_command(const struct link_config *link, const struct ip_packet *packet,
			     uint8_t *buffer);
