/* SPDX-License-Identifier: GPL-2.0-or-later */
/* icmp_error - ICMP errors that name their router, as frames to the command */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/ip_frame.h"

/* As much of a packet as both families may quote: RFC 1812 4.3.2.3 and RFC 4443 2.4. */
#define ICMP_ERROR_QUOTE_MAX 512

/* What reject.h does not know: an error that somebody else has told, or that is no refusal. */
struct icmp_error {
	const struct ip_address *source, *destination; /* who tells, and the command's address */
	uint8_t type, code;			       /* of ICMP or ICMPv6 */
	uint32_t info;				       /* the path's MTU, or 0 */
	const uint8_t *quote;			       /* the packet that is meant, from IP on */
	size_t quote_size;
};

/* Builds it, and gives it to sink. */
void icmp_error_to_command(const struct link_config *link, const struct icmp_error *error,
			   ip_frame_sink sink, void *opaque);
