/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_frame - segments of TCP as the Ethernet frames of a link (RFC 9293) */
#include "forwarder/tcp_frame.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>

size_t tcp_frame_headers(sa_family_t family)
{
	return (family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ip6_hdr)) +
	       sizeof(struct tcphdr);
}

/* --- reading --- */

static uint16_t read_mss(const uint8_t *option, const uint8_t *end)
{
	while (option < end && *option != TCPOPT_EOL) {
		if (*option == TCPOPT_NOP) {
			option++;
			continue;
		}
		if (end - option < 2 || option[1] < 2 || option[1] > end - option)
			break;
		if (*option == TCPOPT_MAXSEG && option[1] == TCPOLEN_MAXSEG)
			return (uint16_t)(option[2] << 8 | option[3]);
		option += option[1];
	}
	return 0;
}

void tcp_frame_read(const struct frame *frame, struct tcp_segment *ret_segment)
{
	const uint8_t *start = frame->data + frame->transport_offset;
	const uint8_t *data = frame->data + frame->payload_offset;
	struct tcphdr tcp;

	memcpy(&tcp, start, sizeof(tcp));
	*ret_segment = (struct tcp_segment){
		.source = frame->source,
		.destination = frame->destination,
		.source_port = frame->source_port,
		.destination_port = frame->destination_port,
		.sequence = ntohl(tcp.seq),
		.acknowledgment = ntohl(tcp.ack_seq),
		.flags = frame->tcp_flags,
		.window = ntohs(tcp.window),
		.mss = read_mss(start + sizeof(tcp), data),
		.data = data,
		.size = frame->end - frame->payload_offset,
	};
}

/* --- building --- */

void tcp_frame_to_command(const struct link_config *link, const struct tcp_segment *segment,
			  ip_frame_sink sink, void *opaque)
{
	struct {
		struct tcphdr tcp;
		uint8_t option[TCPOLEN_MAXSEG];
	} header = {
		.tcp.source = htons(segment->source_port),
		.tcp.dest = htons(segment->destination_port),
		.tcp.seq = htonl(segment->sequence),
		.tcp.ack_seq = htonl(segment->acknowledgment),
		.tcp.window = htons(segment->window),
		.option = {TCPOPT_MAXSEG, TCPOLEN_MAXSEG, (uint8_t)(segment->mss >> 8),
			   (uint8_t)segment->mss},
	};
	size_t header_size = segment->mss ? sizeof(header) : sizeof(header.tcp);
	const struct ip_packet packet = {
		.source = &segment->source,
		.destination = &segment->destination,
		.protocol = IPPROTO_TCP,
		.header = &header,
		.header_size = header_size,
		.data = segment->data,
		.data_size = segment->size,
	};

	header.tcp.doff = (uint16_t)(header_size / 4) & 0xf;
	header.tcp.th_flags = segment->flags;
	header.tcp.check = ip_frame_checksum(&packet);
	ip_frame_to_command(link, &packet, sink, opaque);
}
