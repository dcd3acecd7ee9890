/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reject - frames that tell the command why its packet went nowhere */
#include "forwarder/reject.h"

#include <errno.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "forwarder/checksum.h"

/*
 * How it works
 *
 * Every answer has the packet's addresses swapped: it claims to come from where the packet was
 * going, not from the gateway. Nothing of ours stands between the two that the command could know
 * of, a RST must come from the peer to be accepted at all, and a connected socket sees an ICMP
 * error whatever its source, while tools that print the source show the destination in question.
 */

/* RFC 1812 4.3.2.3: no ICMP error is longer than what every host must be able to reassemble. */
#define ICMP4_ERROR_SIZE 576
/* RFC 4443 2.4 (c): no ICMPv6 error exceeds the minimum IPv6 MTU. */
#define ICMP6_ERROR_SIZE 1280
#define HOP_LIMIT	 64

G_STATIC_ASSERT(REJECT_FRAME_SIZE >= ETH_HLEN + ICMP6_ERROR_SIZE);

/* One answer in the making; both headers are sized by the family. */
struct answer {
	const struct frame *frame;
	uint8_t *buffer;
	uint8_t *transport; /* in buffer, behind the IP header */
	uint8_t protocol;
};

enum reject_reason reject_reason_of_errno(int errnum)
{
	switch (errnum) {
	case ECONNREFUSED:
	case ECONNRESET:
		return REJECT_REFUSED;
	case EACCES:
	case EPERM:
		return REJECT_PROHIBITED;
	case ENETUNREACH:
	case ENETDOWN:
	case ENODEV:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return REJECT_NET_UNREACHABLE;
	default:
		return REJECT_HOST_UNREACHABLE;
	}
}

static bool is_ipv4(const struct frame *frame)
{
	return frame->destination.family == AF_INET;
}

static bool is_multicast(const struct ip_address *address)
{
	if (address->family == AF_INET)
		return IN_MULTICAST(ntohl(address->v4.s_addr)) ||
		       address->v4.s_addr == htonl(INADDR_BROADCAST);
	return IN6_IS_ADDR_MULTICAST(&address->v6);
}

static bool is_icmp_error(const struct frame *frame)
{
	uint8_t type;

	if (frame->protocol != (is_ipv4(frame) ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return false;
	/* Too short to tell: as good as an error. */
	if (frame->transport_offset >= frame->end)
		return true;
	type = frame->data[frame->transport_offset];
	if (!is_ipv4(frame))
		return !(type & ICMP6_INFOMSG_MASK) || type == ND_REDIRECT;
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* RFC 1122 3.2.2 and RFC 4443 2.4 (e). */
static bool may_be_answered(const struct frame *frame)
{
	if (frame->kind != FRAME_IP || frame->fragment_offset > 0)
		return false;
	/* The group bit of the Ethernet destination also tells a subnet's broadcast. */
	if (frame->data[0] & 1 || is_multicast(&frame->destination))
		return false;
	if (is_multicast(&frame->source) || ip_address_is_host_loopback(&frame->source))
		return false;
	return !is_icmp_error(frame) && !(frame->tcp_flags & TH_RST);
}

static void put_ethernet(const struct answer *answer)
{
	struct ether_header ethernet, original;

	memcpy(&original, answer->frame->data, sizeof(original));
	memcpy(ethernet.ether_dhost, original.ether_shost, ETH_ALEN);
	memcpy(ethernet.ether_shost, original.ether_dhost, ETH_ALEN);
	ethernet.ether_type = original.ether_type;
	memcpy(answer->buffer, &ethernet, sizeof(ethernet));
}

static void put_ipv4(const struct answer *answer, size_t transport_size)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons((uint16_t)(sizeof(ip) + transport_size)),
		.frag_off = htons(IP_DF),
		.ttl = HOP_LIMIT,
		.protocol = answer->protocol,
		.saddr = answer->frame->destination.v4.s_addr,
		.daddr = answer->frame->source.v4.s_addr,
	};

	ip.check = checksum_finish(checksum_add(0, &ip, sizeof(ip)));
	memcpy(answer->buffer + ETH_HLEN, &ip, sizeof(ip));
}

static void put_ipv6(const struct answer *answer, size_t transport_size)
{
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6U << 28),
		.ip6_plen = htons((uint16_t)transport_size),
		.ip6_nxt = answer->protocol,
		.ip6_hlim = HOP_LIMIT,
		.ip6_src = answer->frame->destination.v6,
		.ip6_dst = answer->frame->source.v6,
	};

	memcpy(answer->buffer + ETH_HLEN, &ip, sizeof(ip));
}

/* The pseudo header of RFC 9293 3.1 and RFC 8200 8.1; ICMP (for IPv4) has none. */
static uint32_t pseudo_header_sum(const struct answer *answer, size_t transport_size)
{
	const struct frame *frame = answer->frame;
	size_t address_size = is_ipv4(frame) ? 4 : 16;
	uint32_t sum;

	if (answer->protocol == IPPROTO_ICMP)
		return 0;
	sum = (uint32_t)transport_size + answer->protocol;
	sum = checksum_add(sum, frame->source.bytes, address_size);
	return checksum_add(sum, frame->destination.bytes, address_size);
}

/* Puts the headers before a transport part of this size and its checksum into it. */
static size_t finish(const struct answer *answer, size_t transport_size, size_t checksum_offset)
{
	uint32_t sum = pseudo_header_sum(answer, transport_size);
	uint16_t checksum;

	checksum = checksum_finish(checksum_add(sum, answer->transport, transport_size));
	memcpy(answer->transport + checksum_offset, &checksum, sizeof(checksum));
	put_ethernet(answer);
	if (is_ipv4(answer->frame))
		put_ipv4(answer, transport_size);
	else
		put_ipv6(answer, transport_size);
	return (size_t)(answer->transport - answer->buffer) + transport_size;
}

static size_t build_rst(struct answer *answer)
{
	const struct frame *frame = answer->frame;
	struct tcphdr segment, rst = {.doff = sizeof(rst) / 4, .rst = 1};
	uint32_t length;

	memcpy(&segment, frame->data + frame->transport_offset, sizeof(segment));
	rst.source = segment.dest;
	rst.dest = segment.source;
	if (segment.ack) {
		rst.seq = segment.ack_seq;
	} else {
		length = (uint32_t)(frame->end - frame->payload_offset) + segment.syn + segment.fin;
		rst.ack = 1;
		rst.ack_seq = htonl(ntohl(segment.seq) + length);
	}
	answer->protocol = IPPROTO_TCP;
	memcpy(answer->transport, &rst, sizeof(rst));
	return finish(answer, sizeof(rst), offsetof(struct tcphdr, check));
}

static uint8_t icmp4_code(enum reject_reason reason)
{
	static const uint8_t codes[] = {
		[REJECT_REFUSED] = ICMP_PORT_UNREACH,
		[REJECT_PROHIBITED] = ICMP_PKT_FILTERED,
		[REJECT_HOST_UNREACHABLE] = ICMP_HOST_UNREACH,
		[REJECT_NET_UNREACHABLE] = ICMP_NET_UNREACH,
	};

	return codes[reason];
}

static uint8_t icmp6_code(enum reject_reason reason)
{
	static const uint8_t codes[] = {
		[REJECT_REFUSED] = ICMP6_DST_UNREACH_NOPORT,
		[REJECT_PROHIBITED] = ICMP6_DST_UNREACH_ADMIN,
		[REJECT_HOST_UNREACHABLE] = ICMP6_DST_UNREACH_ADDR,
		[REJECT_NET_UNREACHABLE] = ICMP6_DST_UNREACH_NOROUTE,
	};

	return codes[reason];
}

static size_t build_icmp(struct answer *answer, enum reject_reason reason)
{
	const struct frame *frame = answer->frame;
	size_t quote_size = frame->end - frame->network_offset;
	struct icmphdr icmp = {0}; /* destination unreachable has the same layout in ICMPv6 */
	size_t room;

	if (is_ipv4(frame)) {
		answer->protocol = IPPROTO_ICMP;
		icmp.type = ICMP_DEST_UNREACH;
		icmp.code = icmp4_code(reason);
		room = ICMP4_ERROR_SIZE - sizeof(struct iphdr) - sizeof(icmp);
	} else {
		answer->protocol = IPPROTO_ICMPV6;
		icmp.type = ICMP6_DST_UNREACH;
		icmp.code = icmp6_code(reason);
		room = ICMP6_ERROR_SIZE - sizeof(struct ip6_hdr) - sizeof(icmp);
	}
	if (quote_size > room)
		quote_size = room;
	memcpy(answer->transport, &icmp, sizeof(icmp));
	memcpy(answer->transport + sizeof(icmp), frame->data + frame->network_offset, quote_size);
	return finish(answer, sizeof(icmp) + quote_size, offsetof(struct icmphdr, checksum));
}

size_t reject_build(const struct frame *frame, enum reject_reason reason, uint8_t *buffer)
{
	struct answer answer = {.frame = frame, .buffer = buffer};

	if (!may_be_answered(frame))
		return 0;
	answer.transport = buffer + ETH_HLEN +
			   (is_ipv4(frame) ? sizeof(struct iphdr) : sizeof(struct ip6_hdr));
	if (frame->protocol == IPPROTO_TCP && frame->has_ports &&
	    (reason == REJECT_REFUSED || reason == REJECT_PROHIBITED))
		return build_rst(&answer);
	return build_icmp(&answer, reason);
}
