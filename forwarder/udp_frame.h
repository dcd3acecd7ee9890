/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_frame - datagrams as the Ethernet frames of a link, in fragments where they are too large */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/ip_frame.h"
#include "forwarder/udp_endpoint.h"
#include "src/link_config.h"

/* A datagram; both endpoints have the same family. */
struct udp_packet {
	const struct udp_endpoint *source, *destination;
	const uint8_t *data;
	size_t size; /* at most 65507 bytes, 65527 with IPv6 */
};

/* Builds a datagram to the command: one frame, or fragments (RFC 791, RFC 8200 4.5) if the MTU
 * asks. */
void udp_frame_to_command(const struct link_config *link, const struct udp_packet *packet,
			  ip_frame_sink sink, void *opaque);

#define UDP_FRAME_QUOTE_SIZE 1294

/*
 * Builds the frame that a datagram of the command had, as far as an ICMP error quotes it: the data
 * may be cut off. Into buffer (UDP_FRAME_QUOTE_SIZE bytes); returns its size.
 */
size_t udp_frame_quote(const struct link_config *link, const struct udp_packet *packet,
		       uint8_t *buffer);
