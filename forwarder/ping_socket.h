/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ping_socket - the host's ping sockets (icmp(7)): open, send by, receive from */
#pragma once

#include <time.h> /* linux/errqueue.h needs it */

#include <linux/errqueue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/way_out.h"
#include "src/address.h"

/* Room for any ICMP message. */
#define PING_MESSAGE_MAX 65536

/* A message, or with has_cause an error about one that was sent. */
struct ping_message {
	struct ip_address from; /* of an error: where the request had gone */
	uint8_t hop_limit;	/* 0 where unknown */
	size_t size;
	bool has_cause;
	struct sock_extended_err cause;
	struct ip_address offender; /* who tells of the error */
};

/* A non-blocking one that leaves by way_out. -1 with errno set: EACCES where users may have none.
 */
int ping_socket_open(sa_family_t family, const struct way_out *way_out);

/*
 * Receives one message, or with MSG_ERRQUEUE in flags one error, into buffer (PING_MESSAGE_MAX
 * bytes), from the ICMP header on. False when there is none.
 */
bool ping_socket_receive(int fd, int flags, uint8_t *buffer, struct ping_message *ret_message);

/* Sends an echo request, from the ICMP header on; the kernel sets id and checksum. */
bool ping_socket_send(int fd, const struct ip_address *to, uint8_t hop_limit, const uint8_t *data,
		      size_t size);
