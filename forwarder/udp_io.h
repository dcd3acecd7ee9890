/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_io - datagrams in batches: recvmmsg(2), sendmmsg(2), UDP_GRO, UDP_SEGMENT (udp(7)) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/udp_endpoint.h"

/* Messages that one call moves at most. */
#define UDP_BATCH_SIZE 64

/*
 * One message: a datagram, or several that the kernel has put together (UDP_GRO), of segment_size
 * bytes each but for the last, which may be shorter. A single datagram's segment_size is its size.
 */
struct udp_message {
	const uint8_t *data;
	size_t size, segment_size;
	struct udp_endpoint source;
	/* Where it was sent to (IP_ORIGDSTADDR), or the address to answer from (IP_PKTINFO). */
	struct udp_endpoint destination;
};

struct udp_batch {
	size_t count;
	struct udp_message messages[UDP_BATCH_SIZE];
	struct udp_batch_room *room; /* private */
};

/* Where a socket's datagrams go. */
struct udp_route {
	struct udp_endpoint to; /* unset: the socket is connected */
	struct ip_address from; /* unset: the kernel chooses */
	bool is_unsegmented;	/* UDP_SEGMENT was refused on this way: do not try again */
};

/* An error that the network has reported for a datagram (IP_RECVERR, ip(7)). */
#define UDP_ERROR_QUOTE_SIZE 1232
struct udp_error {
	int errnum;
	struct udp_endpoint to; /* where the datagram was sent */
	size_t size;		/* of what came back of it */
	uint8_t data[UDP_ERROR_QUOTE_SIZE];
};

/* Memory is touched only as far as datagrams fill it. */
struct udp_batch *udp_batch_new(void);
void udp_batch_free(struct udp_batch *batch);

/*
 * Receives what is there, without waiting; the messages live until the next call. False with errno
 * set when there is nothing (EAGAIN) or the socket has an error.
 */
bool udp_batch_receive(struct udp_batch *batch, int fd);

/* The number of messages from first on that have the same source and destination. */
size_t udp_batch_run(const struct udp_batch *batch, size_t first);

/* Datagrams in a message: 1 or more. */
size_t udp_message_datagrams(const struct udp_message *message);

/*
 * Sends messages in order and returns how many; when less than n, errno tells why the next one
 * could not be sent; it is shortened by those of its datagrams that could. Neighbours of one size
 * go out together (UDP_SEGMENT).
 */
size_t udp_io_send(int fd, struct udp_route *route, struct udp_message *messages, size_t n);

/* Takes one error off the socket's queue; false if there is none. */
bool udp_io_receive_error(int fd, struct udp_error *ret_error);

/* Prepares a socket for bulk: the largest buffers that are allowed, and UDP_GRO. */
void udp_io_prepare_bulk(int fd);
