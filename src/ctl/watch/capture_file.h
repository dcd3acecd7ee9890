/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_file - filters and files of packets: the only place that knows libpcap */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <glib.h>

#include "src/ctl/watch/packet_ring.h"

/*
 * How it works
 *
 * A filter is a program for the kernel (pcap-filter(7), bpf(4)). The kernel does not see a cooked
 * header, nor a VLAN tag in its place; for these the program is run here, on what the kernel gave.
 * The file is of the pcap format, with nanoseconds; it is whole after each flush.
 */
struct capture_file;

struct capture_format {
	int link_type;		/* ARPHRD_ETHER, ... of the interface */
	bool cooked;		/* the packets are of a cooked socket */
	uint32_t snaplen;	/* bytes that are kept of a packet */
	const char *expression; /* the filter; "": everything */
};

/* What a packet has in a file beside its bytes. */
#define CAPTURE_PACKET_HEADER 16

/* Compiles the filter. EINVAL for an expression that is none, ENOTSUP for a link type. */
struct capture_file *capture_file_new(const struct capture_format *format, GError **error);
/* Flushes, and frees; the stream is closed, too. Accepts NULL. */
void capture_file_free(struct capture_file *file);

/* Attaches the filter where the kernel can run it; else capture_file_wants() decides. */
void capture_file_attach(struct capture_file *file, struct packet_ring *ring);

/* Writes the header of the file to stream, which becomes the file's. */
bool capture_file_begin(struct capture_file *file, FILE *stream, GError **error);

/* Whether the filter lets the packet pass. It may cut packet->captured to the snapshot length. */
bool capture_file_wants(const struct capture_file *file, struct packet *packet);

/* Writes a packet; errors are the stream's. */
void capture_file_write(struct capture_file *file, const struct packet *packet);
void capture_file_flush(struct capture_file *file);
