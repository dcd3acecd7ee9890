/* SPDX-License-Identifier: GPL-2.0-or-later */
/* icmp_error - ICMP errors that name their router, as frames to the command */
#include "forwarder/icmp_error.h"

void icmp_error_to_command(const struct link_config *link, const struct icmp_error *error,
			   ip_frame_sink sink, void *opaque)
{
	/* IPv4 has the MTU in the lower half of these 32 bits (RFC 1191), IPv6 in all of them. */
	struct {
		uint8_t type, code;
		uint16_t checksum;
		uint32_t info;
	} header = {.type = error->type, .code = error->code, .info = htonl(error->info)};
	const struct ip_packet packet = {
		.source = error->source,
		.destination = error->destination,
		.protocol = error->destination->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.header = &header,
		.header_size = sizeof(header),
		.data = error->quote,
		.data_size = error->quote_size,
	};

	header.checksum = ip_frame_checksum(&packet);
	ip_frame_to_command(link, &packet, sink, opaque);
}
