/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet_ring - reads a packet(7) socket through memory that is shared with the kernel */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <glib.h>

/*
 * How it works
 *
 * The kernel writes packets into blocks of a ring (TPACKET_V3: packet_mmap.rst of the kernel) and
 * hands a block over when it is full, or a moment after its first packet. What comes while all
 * blocks are full is counted as dropped. The memory is the kernel's own: reading costs no call.
 */
struct packet_ring;

/* Until the kernel hands over what it has, in milliseconds. */
#define PACKET_RING_DELAY_MS 50

struct packet {
	struct timespec time;	   /* when the kernel saw it, by the wall clock */
	uint32_t captured, length; /* bytes that are here, and that it had */
	const uint8_t *data;	   /* the frame; of a cooked socket behind a Linux SLL2 header */
};

/* What is done with a packet, whose data is gone afterwards; false: no more of them. */
typedef bool (*packet_handler)(const struct packet *packet, void *opaque);

/* Makes the ring of an unbound socket, which becomes the ring's. cooked: it is of SOCK_DGRAM. */
struct packet_ring *packet_ring_new(int socket, bool cooked, GError **error);
/* Accepts NULL. */
void packet_ring_free(struct packet_ring *ring);

/* The socket, readable when packet_ring_read() has something. It stays the ring's. */
int packet_ring_fd(const struct packet_ring *ring);

/*
 * Has the kernel drop what a program of n instructions (struct sock_filter of linux/filter.h)
 * refuses; false where it takes no such program.
 */
bool packet_ring_filter(struct packet_ring *ring, const void *instructions, unsigned n);

/* From here on packets of the interface come in; 0: of all. */
bool packet_ring_start(struct packet_ring *ring, unsigned interface, GError **error);

/* No new packets from here on. What the kernel has already comes within two delays. */
void packet_ring_stop(struct packet_ring *ring);

/* Reads one block of packets; false if there is none yet. Never waits. */
bool packet_ring_read(struct packet_ring *ring, packet_handler handler, void *opaque);

/* Forgets the socket's error, as which the kernel tells that an interface went down. */
void packet_ring_clear_error(struct packet_ring *ring);

/* How many packets the kernel had no room for, from the start on. */
uint64_t packet_ring_dropped(struct packet_ring *ring);
