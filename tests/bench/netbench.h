/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netbench - what the subcommands of netbench share: options and the protocol to the server */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct netbench_options {
	char *address;	  /* numeric, either family */
	int port;	  /* host order; 0 lets the server take a free one */
	int seconds;	  /* length of a measurement; of a sweep: limit for one transfer */
	int rate;	  /* flows: exchanges a second */
	int connections;  /* crr: at the same time; idle: in all */
	char *sizes;	  /* sweep: bytes of each transfer, separated by commas */
	bool down;	  /* sweep: the server sends */
	char *congestion; /* TCP congestion control, NULL for the host's default */
};

/*
 * The protocol: the first byte of a connection is one of these verbs. SEND and TAKE are followed by
 * a size, and are NETBENCH_REQUEST_SIZE bytes long. Integers are 64 bits wide, big endian.
 */
enum netbench_verb {
	NETBENCH_ECHO = 'e',  /* each byte comes back, this one included */
	NETBENCH_ONCE = 'o',  /* this byte comes back, then the server closes */
	NETBENCH_SEND = 's',  /* the server sends `size` bytes of the pattern and closes */
	NETBENCH_TAKE = 't',  /* the server reads `size` bytes and answers netbench_taken */
	NETBENCH_COUNT = 'c', /* the server answers netbench_counted and closes */
};

#define NETBENCH_REQUEST_SIZE (1 + sizeof(uint64_t))

/* How a stream arrived. */
struct netbench_taken {
	uint64_t longest_pause_us;
	uint64_t elapsed_us;
	uint64_t intact; /* 1 when each byte was the right one */
};

/* A datagram that is nothing but NETBENCH_ECHO comes back. All others are counted. */

/* The datagrams that reached the server since its start. */
struct netbench_counted {
	uint64_t datagrams;
	uint64_t bytes;
	uint64_t elapsed_us; /* from the first datagram to the last one */
};

/* Payload of a datagram: fits MTU 1500 with room for IPv6 and a tunnel. */
#define NETBENCH_DATAGRAM_SIZE 1400
#define NETBENCH_BATCH	       64
