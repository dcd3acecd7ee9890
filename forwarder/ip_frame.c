/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip_frame - IP packets as the Ethernet frames of a link, in fragments where they are too large */
#include "forwarder/ip_frame.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "forwarder/checksum.h"

#define HOP_LIMIT 64
/* Every fragment but the last carries a multiple of 8 bytes (RFC 791). */
#define FRAGMENT_UNIT  8
#define FRAME_SIZE_MAX (ETHER_HDR_LEN + LINK_MTU_MAX)

G_STATIC_ASSERT(IP_FRAME_HEADERS_MAX == ETHER_HDR_LEN + sizeof(struct ip6_hdr));

/* Where the frames claim to come from: the command's router, by a locally administered address. */
static const struct mac_address router = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x02}};

/* A part of a packet: bytes offset..offset+size of header and data together. */
struct part {
	const struct ip_packet *packet;
	size_t offset, size;
	bool is_last;
	uint32_t id; /* of the fragments' packet; unused when there is but one part */
};

static bool is_ipv4(const struct ip_packet *packet)
{
	return packet->destination->family == AF_INET;
}

static size_t ip_header_size(const struct ip_packet *packet)
{
	return is_ipv4(packet) ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
}

static size_t total_size(const struct ip_packet *packet)
{
	return packet->header_size + packet->data_size;
}

static bool is_fragment(const struct part *part)
{
	return part->offset > 0 || !part->is_last;
}

uint16_t ip_frame_checksum(const struct ip_packet *packet)
{
	size_t address_size = is_ipv4(packet) ? 4 : 16;
	uint32_t sum = 0;

	if (packet->protocol != IPPROTO_ICMP) {
		sum = packet->protocol + (uint32_t)total_size(packet);
		sum = checksum_add(sum, packet->source->bytes, address_size);
		sum = checksum_add(sum, packet->destination->bytes, address_size);
	}
	sum = checksum_add(sum, packet->header, packet->header_size);
	return checksum_finish(checksum_add(sum, packet->data, packet->data_size));
}

static size_t put_ethernet(uint8_t *frame, const struct ip_packet *packet,
			   const struct mac_address *source, const struct mac_address *destination)
{
	struct ether_header ethernet;

	memcpy(ethernet.ether_shost, source->bytes, ETH_ALEN);
	memcpy(ethernet.ether_dhost, destination->bytes, ETH_ALEN);
	ethernet.ether_type = htons(is_ipv4(packet) ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	memcpy(frame, &ethernet, sizeof(ethernet));
	return sizeof(ethernet);
}

static uint8_t hop_limit(const struct ip_packet *packet)
{
	return packet->hop_limit ? packet->hop_limit : HOP_LIMIT;
}

static size_t put_ipv4(uint8_t *frame, const struct part *part)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons((uint16_t)(sizeof(ip) + part->size)),
		.id = htons((uint16_t)part->id),
		.frag_off = htons((uint16_t)(part->offset / FRAGMENT_UNIT) |
				  (part->is_last ? 0 : IP_MF)),
		.ttl = hop_limit(part->packet),
		.protocol = part->packet->protocol,
		.saddr = part->packet->source->v4.s_addr,
		.daddr = part->packet->destination->v4.s_addr,
	};

	ip.check = checksum_finish(checksum_add(0, &ip, sizeof(ip)));
	memcpy(frame, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t put_ipv6(uint8_t *frame, const struct part *part)
{
	struct ip6_frag fragment = {
		.ip6f_nxt = part->packet->protocol,
		.ip6f_offlg = htons((uint16_t)part->offset) | (part->is_last ? 0 : IP6F_MORE_FRAG),
		.ip6f_ident = htonl(part->id),
	};
	size_t extension_size = is_fragment(part) ? sizeof(fragment) : 0;
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6U << 28),
		.ip6_plen = htons((uint16_t)(extension_size + part->size)),
		.ip6_nxt = extension_size ? IPPROTO_FRAGMENT : part->packet->protocol,
		.ip6_hlim = hop_limit(part->packet),
		.ip6_src = part->packet->source->v6,
		.ip6_dst = part->packet->destination->v6,
	};

	memcpy(frame, &ip, sizeof(ip));
	memcpy(frame + sizeof(ip), &fragment, extension_size);
	return sizeof(ip) + extension_size;
}

/* The part's bytes; the header is whole in the first part, as no part is below 8 bytes. */
static size_t put_transport(uint8_t *frame, const struct part *part)
{
	const struct ip_packet *packet = part->packet;
	size_t header_size = part->offset == 0 ? packet->header_size : 0;
	size_t data_offset = part->offset + header_size - packet->header_size;

	if (header_size)
		memcpy(frame, packet->header, header_size);
	if (part->size > header_size)
		memcpy(frame + header_size, packet->data + data_offset, part->size - header_size);
	return part->size;
}

static size_t put_part(uint8_t *frame, const struct part *part)
{
	size_t size = is_ipv4(part->packet) ? put_ipv4(frame, part) : put_ipv6(frame, part);

	return size + put_transport(frame + size, part);
}

static size_t fragment_size(const struct link_config *link, const struct ip_packet *packet)
{
	size_t room = link->mtu - ip_header_size(packet);

	if (!is_ipv4(packet))
		room -= sizeof(struct ip6_frag);
	return room / FRAGMENT_UNIT * FRAGMENT_UNIT;
}

void ip_frame_to_command(const struct link_config *link, const struct ip_packet *packet,
			 ip_frame_sink sink, void *opaque)
{
	uint8_t frame[FRAME_SIZE_MAX];
	size_t headers = put_ethernet(frame, packet, &router, &link->mac);
	size_t total = total_size(packet);
	bool fits = ip_header_size(packet) + total <= link->mtu;
	size_t step = fits ? total : fragment_size(link, packet);
	struct part part = {.packet = packet};

	/* Random, so that nobody can foresee it, and so that it need not be remembered (RFC 7739).
	 */
	if (!fits)
		part.id = g_random_int();
	for (; part.offset < total; part.offset += step) {
		part.size = MIN(step, total - part.offset);
		part.is_last = part.offset + part.size == total;
		sink(frame, headers + put_part(frame + headers, &part), opaque);
	}
}

size_t ip_frame_from_command(const struct link_config *link, const struct ip_packet *packet,
			     uint8_t *buffer)
{
	const struct part part = {.packet = packet, .size = total_size(packet), .is_last = true};
	size_t size = put_ethernet(buffer, packet, &link->mac, &router);

	return size + put_part(buffer + size, &part);
}
