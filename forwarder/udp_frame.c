/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_frame - datagrams as the Ethernet frames of a link, in fragments where they are too large */
#include "forwarder/udp_frame.h"

#include <netinet/udp.h>

G_STATIC_ASSERT(UDP_FRAME_QUOTE_SIZE > IP_FRAME_HEADERS_MAX + sizeof(struct udphdr));

/* Fills the header, too, which must live as long as the result. */
static struct ip_packet make_packet(const struct udp_packet *packet, struct udphdr *ret_udp)
{
	struct ip_packet result = {
		.source = &packet->source->address,
		.destination = &packet->destination->address,
		.protocol = IPPROTO_UDP,
		.header = ret_udp,
		.header_size = sizeof(*ret_udp),
		.data = packet->data,
		.data_size = packet->size,
	};

	*ret_udp = (struct udphdr){
		.source = htons(packet->source->port),
		.dest = htons(packet->destination->port),
		.len = htons((uint16_t)(sizeof(*ret_udp) + packet->size)),
	};
	uint16_t checksum = ip_frame_checksum(&result);
	/* Zero would mean that there is none (RFC 768). */
	ret_udp->check = checksum ? checksum : 0xffff;
	return result;
}

void udp_frame_to_command(const struct link_config *link, const struct udp_packet *packet,
			  ip_frame_sink sink, void *opaque)
{
	struct udphdr udp;
	struct ip_packet ip = make_packet(packet, &udp);

	ip_frame_to_command(link, &ip, sink, opaque);
}

size_t udp_frame_quote(const struct link_config *link, const struct udp_packet *packet,
		       uint8_t *buffer)
{
	size_t room = UDP_FRAME_QUOTE_SIZE - IP_FRAME_HEADERS_MAX - sizeof(struct udphdr);
	struct udp_packet quoted = *packet;
	struct udphdr udp;

	quoted.size = MIN(packet->size, room);
	struct ip_packet ip = make_packet(&quoted, &udp);
	return ip_frame_from_command(link, &ip, buffer);
}
