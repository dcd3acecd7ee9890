/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame - one look at an Ethernet frame: addresses, ports, flags */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/address.h"

enum frame_kind {
	FRAME_OTHER,	/* ARP and whatever else is not IP */
	FRAME_IP,	/* IP with a header that can be trusted; see the fields below */
	FRAME_MALFORMED /* claims to be IP and is not: too short, lengths that contradict */
};

/*
 * A parsed frame; data points to the caller's buffer and lives as long as that. Ports are in host
 * byte order and valid only if has_ports. protocol is the transport's (IPPROTO_*); for IPv6 the
 * first header after those extension headers that frame_parse() walks over (hop-by-hop, routing,
 * destination options, fragment).
 */
struct frame {
	const uint8_t *data;
	size_t size;
	enum frame_kind kind;
	struct ip_address source, destination;
	uint8_t protocol;
	bool is_fragment;	  /* any fragment, also the first one */
	uint16_t fragment_offset; /* of the fragment's data in the whole packet, in bytes */
	bool has_extensions;	  /* IPv6 extension headers or IPv4 options */
	bool has_ports;		  /* TCP or UDP, not a fragment, header complete */
	uint16_t source_port, destination_port;
	uint8_t tcp_flags;	 /* TH_SYN... of netinet/tcp.h; 0 if not TCP */
	size_t network_offset;	 /* of the IP header in data */
	size_t transport_offset; /* of the TCP, UDP or ICMP header in data */
	size_t payload_offset;	 /* behind the TCP or UDP header */
	size_t end;		 /* of the IP packet in data: the rest of the frame is padding */
};

/* Parses (RFC 894, 791, 8200, 9293, 768). Never reads outside data[0..size). */
void frame_parse(struct frame *ret_frame, const uint8_t *data, size_t size);
