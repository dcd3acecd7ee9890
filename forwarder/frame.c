/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame - one look at an Ethernet frame: addresses, ports, flags */
#include "forwarder/frame.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

/* The headers behind Ethernet are not aligned: they are copied out, or read byte by byte. */
static uint16_t read_be16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

static size_t bytes_left(const struct frame *frame)
{
	return frame->end - frame->transport_offset;
}

static void parse_tcp(struct frame *frame)
{
	const uint8_t *tcp = frame->data + frame->transport_offset;
	size_t header_size;

	if (bytes_left(frame) < sizeof(struct tcphdr))
		return;
	header_size = (size_t)(tcp[12] >> 4) * 4;
	if (header_size < sizeof(struct tcphdr) || header_size > bytes_left(frame))
		return;
	frame->tcp_flags = tcp[13];
	frame->payload_offset = frame->transport_offset + header_size;
	frame->has_ports = true;
}

static void parse_udp(struct frame *frame)
{
	const uint8_t *udp = frame->data + frame->transport_offset;
	size_t length;

	if (bytes_left(frame) < sizeof(struct udphdr))
		return;
	length = read_be16(udp + 4);
	if (length < sizeof(struct udphdr) || length > bytes_left(frame))
		return;
	frame->payload_offset = frame->transport_offset + sizeof(struct udphdr);
	frame->has_ports = true;
}

static void parse_transport(struct frame *frame)
{
	const uint8_t *ports = frame->data + frame->transport_offset;

	frame->kind = FRAME_IP;
	frame->payload_offset = frame->transport_offset;
	if (frame->is_fragment)
		return;
	if (frame->protocol == IPPROTO_TCP)
		parse_tcp(frame);
	else if (frame->protocol == IPPROTO_UDP)
		parse_udp(frame);
	if (!frame->has_ports)
		return;
	frame->source_port = read_be16(ports);
	frame->destination_port = read_be16(ports + 2);
}

static void parse_ipv4(struct frame *frame)
{
	size_t available = frame->size - frame->network_offset;
	size_t header_size, total_size;
	struct iphdr ip;
	uint16_t fragment;

	if (available < sizeof(ip))
		return;
	memcpy(&ip, frame->data + frame->network_offset, sizeof(ip));
	header_size = (size_t)ip.ihl * 4;
	total_size = ntohs(ip.tot_len);
	if (ip.version != 4 || header_size < sizeof(ip) || total_size < header_size ||
	    total_size > available)
		return;

	fragment = ntohs(ip.frag_off);
	frame->is_fragment = fragment & (IP_MF | IP_OFFMASK);
	frame->fragment_offset = (uint16_t)((fragment & IP_OFFMASK) << 3);
	frame->has_extensions = header_size > sizeof(ip);
	frame->protocol = ip.protocol;
	frame->source.family = AF_INET;
	frame->source.v4.s_addr = ip.saddr;
	frame->destination.family = AF_INET;
	frame->destination.v4.s_addr = ip.daddr;
	frame->transport_offset = frame->network_offset + header_size;
	frame->end = frame->network_offset + total_size;
	parse_transport(frame);
}

static bool is_extension(uint8_t protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_FRAGMENT;
}

/* Moves protocol and transport_offset behind the extension headers; false when one is cut off. */
static bool skip_extensions(struct frame *frame)
{
	/* What follows the header of a later fragment is not a header but the middle of something.
	 */
	while (is_extension(frame->protocol) && frame->fragment_offset == 0) {
		const uint8_t *header = frame->data + frame->transport_offset;
		size_t header_size = sizeof(struct ip6_ext);

		if (bytes_left(frame) < sizeof(struct ip6_frag))
			return false;
		if (frame->protocol == IPPROTO_FRAGMENT) {
			header_size = sizeof(struct ip6_frag);
			frame->is_fragment = true;
			frame->fragment_offset = read_be16(header + 2) & 0xfff8;
		} else {
			header_size = ((size_t)header[1] + 1) * 8;
		}
		if (header_size > bytes_left(frame))
			return false;
		frame->has_extensions = true;
		frame->protocol = header[0];
		frame->transport_offset += header_size;
	}
	return true;
}

static void parse_ipv6(struct frame *frame)
{
	size_t available = frame->size - frame->network_offset;
	struct ip6_hdr ip;
	size_t total_size;

	if (available < sizeof(ip))
		return;
	memcpy(&ip, frame->data + frame->network_offset, sizeof(ip));
	total_size = sizeof(ip) + ntohs(ip.ip6_plen);
	if (ip.ip6_vfc >> 4 != 6 || total_size > available)
		return;

	frame->protocol = ip.ip6_nxt;
	frame->source.family = AF_INET6;
	frame->source.v6 = ip.ip6_src;
	frame->destination.family = AF_INET6;
	frame->destination.v6 = ip.ip6_dst;
	frame->transport_offset = frame->network_offset + sizeof(ip);
	frame->end = frame->network_offset + total_size;
	if (skip_extensions(frame))
		parse_transport(frame);
}

void frame_parse(struct frame *ret_frame, const uint8_t *data, size_t size)
{
	*ret_frame = (struct frame){
		.data = data,
		.size = size,
		.kind = FRAME_MALFORMED,
		.network_offset = ETH_HLEN,
	};
	if (size < ETH_HLEN)
		return;

	switch (read_be16(data + offsetof(struct ether_header, ether_type))) {
	case ETHERTYPE_IP:
		parse_ipv4(ret_frame);
		break;
	case ETHERTYPE_IPV6:
		parse_ipv6(ret_frame);
		break;
	default:
		ret_frame->kind = FRAME_OTHER;
	}
}
