/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fragments - puts the fragments of the command's packets together */
#include "forwarder/fragments.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include <glib.h>

#include "forwarder/ip_frame.h"

#define PACKET_SIZE_MAX 65535

/* What the fragments of one packet have in common. */
struct key {
	struct ip_address source, destination;
	uint32_t id;
	uint8_t protocol;
};

struct packet {
	struct key key;
	uint8_t *data; /* PACKET_SIZE_MAX bytes; NULL: the place is free */
	size_t size;
};

struct fragments {
	struct packet packets[FRAGMENTS_PACKETS_MAX];
	unsigned next;	   /* place of the next one: the oldest */
	uint8_t *complete; /* was returned last, or NULL */
};

static bool key_equal(const struct key *a, const struct key *b)
{
	return a->id == b->id && a->protocol == b->protocol &&
	       ip_address_equal(&a->source, &b->source) &&
	       ip_address_equal(&a->destination, &b->destination);
}

/* False for what is none, or has other extension headers between it and its data. */
static bool read_header(const struct frame *frame, struct key *ret_key, bool *ret_is_last)
{
	const uint8_t *header = frame->data + frame->network_offset;
	struct key key = {
		.source = frame->source,
		.destination = frame->destination,
		.protocol = frame->protocol,
	};
	struct ip6_frag fragment;
	struct iphdr ip;

	if (!frame->is_fragment)
		return false;
	if (frame->source.family == AF_INET) {
		memcpy(&ip, header, sizeof(ip));
		key.id = ip.id;
		*ret_is_last = !(ntohs(ip.frag_off) & IP_MF);
	} else {
		memcpy(&fragment, frame->data + frame->transport_offset - sizeof(fragment),
		       sizeof(fragment));
		if (fragment.ip6f_nxt != frame->protocol ||
		    ntohs(fragment.ip6f_offlg & IP6F_OFF_MASK) != frame->fragment_offset)
			return false;
		key.id = fragment.ip6f_ident;
		*ret_is_last = !(fragment.ip6f_offlg & IP6F_MORE_FRAG);
	}
	*ret_key = key;
	return true;
}

static void forget(struct packet *packet)
{
	g_free(packet->data);
	*packet = (struct packet){0};
}

static struct packet *find(struct fragments *fragments, const struct key *key)
{
	for (size_t i = 0; i < FRAGMENTS_PACKETS_MAX; i++) {
		struct packet *packet = &fragments->packets[i];
		if (packet->data && key_equal(&packet->key, key))
			return packet;
	}
	return NULL;
}

static struct packet *begin(struct fragments *fragments, const struct key *key)
{
	struct packet *packet = &fragments->packets[fragments->next];

	fragments->next = (fragments->next + 1) % FRAGMENTS_PACKETS_MAX;
	forget(packet);
	*packet = (struct packet){.key = *key, .data = g_malloc(PACKET_SIZE_MAX)};
	return packet;
}

const uint8_t *fragments_add(struct fragments *fragments, const struct frame *frame,
			     size_t *ret_size)
{
	size_t size = frame->end - frame->transport_offset;
	bool is_last = false;
	struct key key;

	if (!read_header(frame, &key, &is_last))
		return NULL;
	struct packet *packet = find(fragments, &key);
	/* A first one begins anew. */
	if (packet && frame->fragment_offset == 0)
		packet->size = 0;
	if (!packet && frame->fragment_offset == 0)
		packet = begin(fragments, &key);
	if (!packet)
		return NULL;
	if (frame->fragment_offset != packet->size || size > PACKET_SIZE_MAX - packet->size) {
		forget(packet);
		return NULL;
	}
	memcpy(packet->data + packet->size, frame->data + frame->transport_offset, size);
	packet->size += size;
	if (!is_last)
		return NULL;
	g_free(fragments->complete);
	fragments->complete = g_steal_pointer(&packet->data);
	*ret_size = packet->size;
	forget(packet);
	return fragments->complete;
}

uint8_t *fragments_add_to_frame(struct fragments *fragments, const struct frame *frame,
				size_t *ret_size)
{
	const uint8_t *header = frame->data + frame->network_offset;
	struct link_config link = {0};
	size_t size;
	const uint8_t *data = fragments_add(fragments, frame, &size);

	if (!data)
		return NULL;
	memcpy(link.mac.bytes, frame->data + ETH_ALEN, ETH_ALEN);
	const struct ip_packet packet = {
		.source = &frame->source,
		.destination = &frame->destination,
		.protocol = frame->protocol,
		/* TTL is the ninth byte of an IPv4 header, the hop limit the eighth of an IPv6 one.
		 */
		.hop_limit = header[frame->source.family == AF_INET ? 8 : 7],
		.data = data,
		.data_size = size,
	};
	uint8_t *whole = g_malloc(IP_FRAME_HEADERS_MAX + size);
	*ret_size = ip_frame_from_command(&link, &packet, whole);
	return whole;
}

struct fragments *fragments_new(void)
{
	return g_new0(struct fragments, 1);
}

void fragments_free(struct fragments *fragments)
{
	if (!fragments)
		return;
	for (size_t i = 0; i < FRAGMENTS_PACKETS_MAX; i++)
		forget(&fragments->packets[i]);
	g_free(fragments->complete);
	g_free(fragments);
}
