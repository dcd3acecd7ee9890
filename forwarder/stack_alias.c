/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_alias - lets libslirp serve a network that is shared with the host */
#include "forwarder/stack_alias.h"

#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "forwarder/ip_frame.h"

/*
 * How it works
 *
 * Each network has three pairs of addresses, one to one, so that no memory of flows is needed:
 *
 *   what the command sees   what libslirp sees
 *   gateway                 its host, which it connects to the host's loopback
 *   dns                     its name server
 *   host                    the command's own address, which on the host is the host's
 *
 * Destinations of the command's frames are exchanged from left to right, sources of libslirp's from
 * right to left, also in the packets that its ICMP errors quote. Checksums are updated as RFC 1624
 * has it.
 */

/* RFC 8880 and RFC 6666: no packet is ever routed there. */
#define HIDDEN4 "192.0.0.168/29"
#define HIDDEN6 "100::/64"
/* Of libslirp's host and name server. */
#define HIDDEN_HOST4 2
#define HIDDEN_DNS4  3
#define HIDDEN_HOST6 0x170
#define HIDDEN_DNS6  0x171

#define N_PAIRS 3

struct pair {
	struct ip_address inner, outer;
};

struct stack_alias {
	const struct link_config *link;
	struct pair pairs[2][N_PAIRS]; /* IPv4, IPv6 */
	/* A packet that came in fragments may be larger than any frame. */
	uint8_t copy[IP_FRAME_HEADERS_MAX + IP_MAXPACKET];
};

static struct ip_prefix hidden_prefix(int family)
{
	struct ip_prefix prefix = {.length = 0};

	if (!ip_prefix_parse(family == AF_INET ? HIDDEN4 : HIDDEN6, &prefix, NULL))
		g_assert_not_reached();
	return prefix;
}

bool stack_alias_is_internal(const struct ip_address *address)
{
	const struct ip_prefix prefix = hidden_prefix(address->family);

	return ip_prefix_contains(&prefix, address);
}

static void hide(struct link_network *network)
{
	bool is_v4 = network->command.family == AF_INET;

	if (!network->enabled || !network->is_shared)
		return;
	network->prefix = hidden_prefix(network->command.family);
	network->gateway = ip_prefix_host(&network->prefix, is_v4 ? HIDDEN_HOST4 : HIDDEN_HOST6);
	network->dns = ip_prefix_host(&network->prefix, is_v4 ? HIDDEN_DNS4 : HIDDEN_DNS6);
}

void stack_alias_configure(const struct link_config *link, struct link_config *ret_stack)
{
	*ret_stack = *link;
	hide(&ret_stack->v4);
	hide(&ret_stack->v6);
}

static void fill_pairs(struct pair *pairs, const struct link_network *network)
{
	struct link_network hidden = *network;

	if (!network->enabled || !network->is_shared)
		return;
	hide(&hidden);
	pairs[0] = (struct pair){network->gateway, hidden.gateway};
	pairs[1] = (struct pair){network->dns, hidden.dns};
	pairs[2] = (struct pair){network->host, network->command};
}

struct stack_alias *stack_alias_new(const struct link_config *link)
{
	struct stack_alias *alias;

	if (!link->v4.is_shared && !link->v6.is_shared)
		return NULL;
	alias = g_new0(struct stack_alias, 1);
	alias->link = link;
	fill_pairs(alias->pairs[0], &link->v4);
	fill_pairs(alias->pairs[1], &link->v6);
	return alias;
}

void stack_alias_free(struct stack_alias *alias)
{
	g_free(alias);
}

/* What an address is exchanged for, or NULL. */
static const struct ip_address *exchange(const struct stack_alias *alias,
					 const struct ip_address *address, bool to_command)
{
	const struct pair *pairs = alias->pairs[address->family == AF_INET6];

	for (size_t i = 0; i < N_PAIRS; i++) {
		const struct ip_address *from = to_command ? &pairs[i].outer : &pairs[i].inner;
		const struct ip_address *to = to_command ? &pairs[i].inner : &pairs[i].outer;
		if (from->family != AF_UNSPEC && to->family != AF_UNSPEC &&
		    ip_address_equal(from, address))
			return ip_address_equal(from, to) ? NULL : to;
	}
	return NULL;
}

/* Corrects a checksum for data of an even size that becomes other data. */
static void update_checksum(uint8_t *checksum, const uint8_t *old, const uint8_t *new, size_t size)
{
	uint32_t sum = (uint16_t) ~(checksum[0] << 8 | checksum[1]);

	for (size_t i = 0; i < size; i += 2) {
		sum += (uint16_t) ~(old[i] << 8 | old[i + 1]);
		sum += (uint32_t)(new[i] << 8 | new[i + 1]);
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	checksum[0] = (uint8_t)(~sum >> 8);
	checksum[1] = (uint8_t)~sum;
}

/* Where the transport's checksum is that covers the addresses; NULL if there is none. */
static uint8_t *transport_checksum(const struct frame *frame, uint8_t *data)
{
	size_t offset = frame->transport_offset;

	if (frame->fragment_offset > 0)
		return NULL;
	if (frame->protocol == IPPROTO_TCP)
		offset += offsetof(struct tcphdr, check);
	else if (frame->protocol == IPPROTO_UDP)
		offset += offsetof(struct udphdr, check);
	else if (frame->protocol == IPPROTO_ICMPV6 && frame->source.family == AF_INET6)
		offset += offsetof(struct icmp6_hdr, icmp6_cksum);
	else
		return NULL;
	if (offset + 2 > frame->end)
		return NULL;
	/* A datagram over IPv4 may be without one (RFC 768). */
	if (frame->protocol == IPPROTO_UDP && frame->source.family == AF_INET && !data[offset] &&
	    !data[offset + 1])
		return NULL;
	return data + offset;
}

/* Puts an address into a packet at ip, whose checksums are those of frame. */
static void put_address(const struct frame *frame, uint8_t *data, size_t offset,
			const struct ip_address *address)
{
	size_t size = ip_address_bits(address) / 8;
	uint8_t *checksum = transport_checksum(frame, data);

	if (address->family == AF_INET)
		update_checksum(data + frame->network_offset + offsetof(struct iphdr, check),
				data + offset, address->bytes, size);
	if (checksum) {
		update_checksum(checksum, data + offset, address->bytes, size);
		if (frame->protocol == IPPROTO_UDP && !checksum[0] && !checksum[1])
			checksum[0] = checksum[1] = 0xff;
	}
	memcpy(data + offset, address->bytes, size);
}

static size_t source_offset(const struct frame *frame)
{
	return frame->network_offset + (frame->source.family == AF_INET
						? offsetof(struct iphdr, saddr)
						: offsetof(struct ip6_hdr, ip6_src));
}

static size_t destination_offset(const struct frame *frame)
{
	return frame->network_offset + (frame->source.family == AF_INET
						? offsetof(struct iphdr, daddr)
						: offsetof(struct ip6_hdr, ip6_dst));
}

static bool is_icmp_error(const struct frame *frame)
{
	uint8_t type;

	if (frame->fragment_offset > 0 || frame->transport_offset >= frame->end ||
	    frame->protocol != (frame->source.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return false;
	type = frame->data[frame->transport_offset];
	if (frame->source.family == AF_INET6)
		return !(type & ICMP6_INFOMSG_MASK);
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/*
 * The command looks for the socket of a quoted packet by where it was sent to. In IPv4 the quoted
 * header's own checksum makes up for the change, so that the message's stays right.
 */
static void exchange_quoted(const struct stack_alias *alias, const struct frame *frame,
			    uint8_t *data)
{
	bool is_v4 = frame->source.family == AF_INET;
	size_t quoted = frame->transport_offset + sizeof(struct icmphdr);
	size_t offset = quoted +
			(is_v4 ? offsetof(struct iphdr, daddr) : offsetof(struct ip6_hdr, ip6_dst));
	struct ip_address address = {.family = frame->source.family};
	size_t size = ip_address_bits(&address) / 8;

	if (offset + size > frame->end)
		return;
	memcpy(address.bytes, data + offset, size);
	const struct ip_address *other = exchange(alias, &address, true);
	if (!other)
		return;
	update_checksum(is_v4 ? data + quoted + offsetof(struct iphdr, check)
			      : data + frame->transport_offset +
					offsetof(struct icmp6_hdr, icmp6_cksum),
			data + offset, other->bytes, size);
	memcpy(data + offset, other->bytes, size);
}

const uint8_t *stack_alias_from_command(struct stack_alias *alias, const uint8_t *data, size_t size)
{
	const struct ip_address *other;
	struct frame frame;

	frame_parse(&frame, data, size);
	if (frame.kind != FRAME_IP || size > sizeof(alias->copy))
		return data;
	other = exchange(alias, &frame.destination, false);
	if (!other)
		return data;
	memcpy(alias->copy, data, size);
	put_address(&frame, alias->copy, destination_offset(&frame), other);
	return alias->copy;
}

/* Of libslirp's hidden prefix, which is nothing for the command. */
static bool is_router_advertisement(const struct frame *frame)
{
	return frame->protocol == IPPROTO_ICMPV6 && frame->source.family == AF_INET6 &&
	       frame->transport_offset < frame->end &&
	       frame->data[frame->transport_offset] == ND_ROUTER_ADVERT;
}

const uint8_t *stack_alias_to_command(struct stack_alias *alias, const uint8_t *data, size_t size)
{
	const struct ip_address *other;
	struct frame frame;

	frame_parse(&frame, data, size);
	if (frame.kind != FRAME_IP || size > sizeof(alias->copy))
		return data;
	if (alias->link->v6.is_shared && is_router_advertisement(&frame))
		return NULL;
	other = exchange(alias, &frame.source, true);
	if (!other && !is_icmp_error(&frame))
		return data;
	memcpy(alias->copy, data, size);
	if (is_icmp_error(&frame))
		exchange_quoted(alias, &frame, alias->copy);
	if (other)
		put_address(&frame, alias->copy, source_offset(&frame), other);
	return alias->copy;
}
