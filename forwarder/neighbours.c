/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbours - who is asked for on a shared network is answered for by us (ARP, NDP) */
#include "forwarder/neighbours.h"

#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <string.h>

#include "forwarder/checksum.h"

/* The one that passt uses, so that nobody is surprised. */
#define OUR_MAC                                                                                    \
	{                                                                                          \
		0x9a, 0x55, 0x9a, 0x55, 0x9a, 0x55                                                 \
	}

#define NDP_HOP_LIMIT 255

/* RFC 826 for IPv4 over Ethernet. */
struct arp {
	struct ether_header ethernet;
	struct arphdr header;
	uint8_t sender_mac[ETH_ALEN];
	uint8_t sender[4];
	uint8_t target_mac[ETH_ALEN];
	uint8_t target[4];
} __attribute__((packed));

/* RFC 4861, 4.4, with one option. */
struct advertisement {
	struct ether_header ethernet;
	struct ip6_hdr ip;
	struct nd_neighbor_advert advert;
	struct nd_opt_hdr option;
	uint8_t mac[ETH_ALEN];
} __attribute__((packed));

G_STATIC_ASSERT(sizeof(struct arp) == 42);
G_STATIC_ASSERT(sizeof(struct advertisement) == NEIGHBOURS_FRAME_SIZE);

static bool read_arp(const struct frame *frame, struct arp *ret_arp)
{
	if (frame->kind != FRAME_OTHER || frame->size < sizeof(*ret_arp))
		return false;
	memcpy(ret_arp, frame->data, sizeof(*ret_arp));
	return ret_arp->ethernet.ether_type == htons(ETHERTYPE_ARP) &&
	       ret_arp->header.ar_op == htons(ARPOP_REQUEST) &&
	       ret_arp->header.ar_pro == htons(ETHERTYPE_IP) && ret_arp->header.ar_pln == 4 &&
	       ret_arp->header.ar_hln == ETH_ALEN;
}

static bool read_solicitation(const struct frame *frame, struct nd_neighbor_solicit *ret_solicit)
{
	if (frame->kind != FRAME_IP || frame->protocol != IPPROTO_ICMPV6 ||
	    frame->source.family != AF_INET6 || frame->is_fragment || frame->has_extensions ||
	    frame->end - frame->transport_offset < sizeof(*ret_solicit))
		return false;
	memcpy(ret_solicit, frame->data + frame->transport_offset, sizeof(*ret_solicit));
	return ret_solicit->nd_ns_type == ND_NEIGHBOR_SOLICIT;
}

int neighbours_request_family(const struct frame *frame)
{
	struct nd_neighbor_solicit solicit;
	struct arp arp;

	if (read_arp(frame, &arp))
		return AF_INET;
	return read_solicitation(frame, &solicit) ? AF_INET6 : AF_UNSPEC;
}

static struct mac_address our_mac(const struct link_config *link)
{
	static const struct mac_address usual = {OUR_MAC};

	return mac_address_is_zero(&link->neighbour_mac) ? usual : link->neighbour_mac;
}

static void fill_arp(struct arp *arp, const struct ip_address *sender,
		     const struct mac_address *mac, const struct ether_header *to)
{
	arp->ethernet.ether_type = htons(ETHERTYPE_ARP);
	arp->header = (struct arphdr){
		.ar_hrd = htons(ARPHRD_ETHER),
		.ar_pro = htons(ETHERTYPE_IP),
		.ar_hln = ETH_ALEN,
		.ar_pln = 4,
		.ar_op = htons(ARPOP_REPLY),
	};
	memcpy(arp->ethernet.ether_dhost, to->ether_shost, ETH_ALEN);
	memcpy(arp->ethernet.ether_shost, mac->bytes, ETH_ALEN);
	memcpy(arp->sender_mac, mac->bytes, ETH_ALEN);
	memcpy(arp->sender, sender->bytes, sizeof(arp->sender));
}

static size_t answer_arp(const struct link_config *link, const struct arp *request, uint8_t *buffer)
{
	const struct mac_address ours = our_mac(link);
	struct ip_address target = {.family = AF_INET}, sender = {.family = AF_INET};
	struct arp reply = {.target = {0}};

	memcpy(target.bytes, request->target, sizeof(request->target));
	memcpy(sender.bytes, request->sender, sizeof(request->sender));
	if (ip_address_is_any(&sender) || ip_address_equal(&sender, &target) ||
	    ip_address_equal(&target, &link->v4.command))
		return 0;
	fill_arp(&reply, &target, &ours, &request->ethernet);
	memcpy(reply.target_mac, request->sender_mac, ETH_ALEN);
	memcpy(reply.target, request->sender, sizeof(reply.target));
	memcpy(buffer, &reply, sizeof(reply));
	return sizeof(reply);
}

/* All but the destinations, which the checksum covers. */
static void fill_advertisement(struct advertisement *message, const struct in6_addr *target,
			       const struct mac_address *mac, uint32_t flags)
{
	size_t size = sizeof(*message) - offsetof(struct advertisement, advert);

	message->ethernet.ether_type = htons(ETHERTYPE_IPV6);
	memcpy(message->ethernet.ether_shost, mac->bytes, ETH_ALEN);
	message->ip.ip6_flow = htonl(6U << 28);
	message->ip.ip6_plen = htons((uint16_t)size);
	message->ip.ip6_nxt = IPPROTO_ICMPV6;
	message->ip.ip6_hlim = NDP_HOP_LIMIT;
	message->ip.ip6_src = *target;
	message->advert.nd_na_type = ND_NEIGHBOR_ADVERT;
	message->advert.nd_na_flags_reserved = flags;
	message->advert.nd_na_target = *target;
	message->option = (struct nd_opt_hdr){ND_OPT_TARGET_LINKADDR, 1};
	memcpy(message->mac, mac->bytes, ETH_ALEN);
}

/* RFC 4443, 2.3. */
static void put_checksum(struct advertisement *message)
{
	size_t size = sizeof(*message) - offsetof(struct advertisement, advert);
	uint8_t transport[sizeof(*message)];
	uint32_t sum = (uint32_t)size + IPPROTO_ICMPV6;

	message->advert.nd_na_cksum = 0;
	memcpy(transport, (const uint8_t *)message + offsetof(struct advertisement, advert), size);
	sum = checksum_add(sum, message->ip.ip6_src.s6_addr, sizeof(message->ip.ip6_src));
	sum = checksum_add(sum, message->ip.ip6_dst.s6_addr, sizeof(message->ip.ip6_dst));
	message->advert.nd_na_cksum = checksum_finish(checksum_add(sum, transport, size));
}

static size_t answer_solicitation(const struct link_config *link, const struct frame *frame,
				  const struct nd_neighbor_solicit *solicit, uint8_t *buffer)
{
	const struct mac_address ours = our_mac(link);
	struct ip_address target = {.family = AF_INET6, .v6 = solicit->nd_ns_target};
	struct advertisement message = {.advert = {.nd_na_cksum = 0}};
	struct ether_header ethernet;

	if (ip_address_is_any(&frame->source) || IN6_IS_ADDR_MULTICAST(&target.v6) ||
	    ip_address_equal(&target, &frame->source) ||
	    ip_address_equal(&target, &link->v6.command))
		return 0;
	memcpy(&ethernet, frame->data, sizeof(ethernet));
	memcpy(message.ethernet.ether_dhost, ethernet.ether_shost, ETH_ALEN);
	fill_advertisement(&message, &target.v6, &ours,
			   ND_NA_FLAG_ROUTER | ND_NA_FLAG_SOLICITED | ND_NA_FLAG_OVERRIDE);
	message.ip.ip6_dst = frame->source.v6;
	put_checksum(&message);
	memcpy(buffer, &message, sizeof(message));
	return sizeof(message);
}

size_t neighbours_answer(const struct link_config *link, const struct frame *request,
			 uint8_t *buffer)
{
	struct nd_neighbor_solicit solicit;
	struct arp arp;

	if (read_arp(request, &arp))
		return answer_arp(link, &arp, buffer);
	if (read_solicitation(request, &solicit))
		return answer_solicitation(link, request, &solicit, buffer);
	return 0;
}

size_t neighbours_announce(const struct link_config *link, int family,
			   const struct mac_address *mac, uint8_t *buffer)
{
	struct ether_header nobody = {.ether_type = 0};
	struct advertisement message = {.advert = {.nd_na_cksum = 0}};
	struct arp arp = {.target = {0}};

	if (family == AF_INET) {
		fill_arp(&arp, &link->v4.command, mac, &nobody);
		memcpy(buffer, &arp, sizeof(arp));
		return sizeof(arp);
	}
	fill_advertisement(&message, &link->v6.command.v6, mac, ND_NA_FLAG_OVERRIDE);
	message.ip.ip6_dst = link->v6.command.v6;
	put_checksum(&message);
	memcpy(buffer, &message, sizeof(message));
	return sizeof(message);
}
