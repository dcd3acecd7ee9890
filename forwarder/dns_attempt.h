/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_attempt - one question to one name server, by a socket of its own */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "forwarder/proxy_client.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"

/* Bytes before a message that is sent: its length, for TCP (RFC 1035 4.2.2). */
#define DNS_PREFIX 2

struct dns_attempt;

/* A message, good until it returns; or, with size 0, the server cannot be reached. */
typedef void (*dns_attempt_heard)(struct dns_attempt *attempt, uint8_t *message, size_t size);

/* The owner fills in what is above the line, with entry.fd -1, and must not move it. */
struct dns_attempt {
	struct watch_entry entry; /* first: its handler casts */
	struct watch *watch;
	dns_attempt_heard heard; /* may end the attempt and free it */
	void *opaque;
	bool by_tcp;
	bool by_proxy;		/* of the way out; by_tcp alone */
	const uint8_t *message; /* with room for the length before it; outlives the attempt */
	size_t size;
	/* --- */
	size_t n_sent, n_received, wanted; /* by TCP, with the prefixes */
	uint8_t *received;
	struct proxy_client *client; /* while the proxy connects, or NULL */
};

/*
 * Asks. The socket is new, so its port is one that the kernel chose at random. It takes the way
 * out, but to a server on the host's loopback, which has its own. False when that fails at once.
 */
bool dns_attempt_start(struct dns_attempt *attempt, const struct sockaddr_storage *server,
		       const struct way_out *way_out);

/* By UDP: once more, from the same socket. */
void dns_attempt_repeat(const struct dns_attempt *attempt);

/* True until it has ended: the server may still answer. */
bool dns_attempt_is_alive(const struct dns_attempt *attempt);

/* Closes the socket, if it is open. */
void dns_attempt_end(struct dns_attempt *attempt);
