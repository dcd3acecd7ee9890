/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet - frames for tests, built by hand */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame.h"

/* A frame in the making. The builders fill it; tests may then change bytes of it. */
struct packet {
	uint8_t data[4096];
	size_t size;
};

/* Where an IP header starts, and the transport header behind a plain one of either family. */
#define PACKET_IP  14
#define PACKET_L4  34
#define PACKET_L46 54

/* An endpoint: "10.0.2.100" and a port in host order. */
struct packet_end {
	const char *address;
	uint16_t port;
};

/* Ethernet (from 02:00:00:00:00:aa to 52:55:0a:00:02:02) and a plain IP header before a payload. */
void packet_ip(struct packet *packet, const char *source, const char *destination, uint8_t protocol,
	       const void *payload, size_t size);
/* A segment with seq 1000, ack 2000, and payload_size bytes. */
void packet_tcp(struct packet *packet, struct packet_end source, struct packet_end destination,
		uint8_t flags, size_t payload_size);
void packet_udp(struct packet *packet, struct packet_end source, struct packet_end destination,
		size_t payload_size);
/* ICMP of the address family with 8 bytes. */
void packet_icmp(struct packet *packet, const char *source, const char *destination, uint8_t type);

/*
 * Inserts one 8-byte IPv6 extension header behind the fixed header: kind is its number, second the
 * 16 bits behind the first two bytes (of a fragment header: offset and flags).
 */
void packet_insert_extension(struct packet *packet, uint8_t kind, uint16_t second);

/* Parses the packet from a heap block of its exact size, so that ASan sees every byte too far. */
struct frame packet_parse(const struct packet *packet);
void packet_frame_done(struct frame *frame);
