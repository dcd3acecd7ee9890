/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_frame - segments of TCP as the Ethernet frames of a link (RFC 9293) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame.h"
#include "forwarder/ip_frame.h"
#include "src/link_config.h"

/* One segment; both addresses have the same family. Ports and numbers are in host byte order. */
struct tcp_segment {
	struct ip_address source, destination;
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledgment;
	uint8_t flags; /* TH_* */
	uint16_t window;
	uint16_t mss; /* the option, of SYNs; 0: none */
	const uint8_t *data;
	size_t size;
};

/* Without a maximum segment size in its SYN, this is a peer's (RFC 9293 3.7.1). */
#define TCP_FRAME_MSS_DEFAULT 536

/* Headers of IP and TCP, without options, of a family. */
size_t tcp_frame_headers(sa_family_t family);

/* Reads a frame's segment, one that has ports; data points into the frame. */
void tcp_frame_read(const struct frame *frame, struct tcp_segment *ret_segment);

/* Builds the frame of a segment to the command, which must fit the link's MTU. */
void tcp_frame_to_command(const struct link_config *link, const struct tcp_segment *segment,
			  ip_frame_sink sink, void *opaque);
