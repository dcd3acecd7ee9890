/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_peers - which loopback clients of published UDP ports may be answered */
#include "forwarder/udp_peers.h"

#include <glib.h>

/* libslirp's SO_EXPIRE: it keeps an idle UDP socket for 240 s. */
#define EXPIRY_US (240 * G_USEC_PER_SEC)
/* A power of two. A slot that two peers share belongs to the one that spoke last. */
#define N_SLOTS 4096

struct slot {
	gint64 expires_us;
	sa_family_t family;
	uint16_t command_port, peer_port;
};

struct udp_peers {
	const struct link_config *link;
	struct slot *slots; /* allocated by the first note: most containers never need it */
};

struct udp_peers *udp_peers_new(const struct link_config *link)
{
	struct udp_peers *peers = g_new0(struct udp_peers, 1);

	peers->link = link;
	return peers;
}

void udp_peers_free(struct udp_peers *peers)
{
	if (!peers)
		return;
	g_free(peers->slots);
	g_free(peers);
}

static unsigned slot_of(uint16_t command_port, uint16_t peer_port)
{
	uint32_t key = (uint32_t)command_port << 16 | peer_port;

	return (key * 2654435761U) >> 20; /* Fibonacci hashing: the top 12 bits */
}

G_STATIC_ASSERT(N_SLOTS == 1 << (32 - 20));

/* An address at which the host's own clients appear. */
static bool is_alias(const struct udp_peers *peers, const struct ip_address *address)
{
	const struct link_network *network = link_config_network(peers->link, address->family);

	return ip_address_equal(address, &network->gateway) ||
	       (network->is_shared && ip_address_equal(address, &network->host));
}

void udp_peers_note_to_tap(struct udp_peers *peers, const struct frame *frame)
{
	if (frame->protocol != IPPROTO_UDP || !frame->has_ports || !is_alias(peers, &frame->source))
		return;
	if (!peers->slots)
		peers->slots = g_new0(struct slot, N_SLOTS);
	peers->slots[slot_of(frame->destination_port, frame->source_port)] = (struct slot){
		.expires_us = g_get_monotonic_time() + EXPIRY_US,
		.family = frame->source.family,
		.command_port = frame->destination_port,
		.peer_port = frame->source_port,
	};
}

bool udp_peers_is_answer_from_tap(const struct udp_peers *peers, const struct frame *frame)
{
	if (!peers->slots || frame->protocol != IPPROTO_UDP || !frame->has_ports ||
	    !is_alias(peers, &frame->destination))
		return false;
	const struct slot *slot =
		&peers->slots[slot_of(frame->source_port, frame->destination_port)];
	return slot->family == frame->source.family && slot->command_port == frame->source_port &&
	       slot->peer_port == frame->destination_port &&
	       slot->expires_us > g_get_monotonic_time();
}
