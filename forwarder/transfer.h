/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transfer - messages from a forwarder that leaves to the one in its place, each acknowledged */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/fdpass.h"
#include "src/json.h"

/*
 * Over a SOCK_SEQPACKET pair. A message is a JSON object, a NUL, bytes that the object speaks of,
 * and descriptors. The receiver answers each with one byte before the next is sent: so the
 * descriptors under way stay few, however many there are in all (unix(7), ETOOMANYREFS).
 */
struct transfer_message {
	JsonObject *object;
	uint8_t *data; /* behind the text */
	size_t size;
	int fds[FDPASS_MAX_FDS];
	size_t n_fds;
};

/* Sends one and waits until it is acknowledged; ETIMEDOUT after three seconds. */
bool transfer_send(int socket, const struct transfer_message *message, GError **error);

/* Receives one; waits for a quarter of a minute at most. transfer_acknowledge() it when it is dealt
 * with. */
bool transfer_receive(int socket, struct transfer_message *ret_message, GError **error);
bool transfer_acknowledge(int socket, GError **error);

/* Frees, and closes the descriptors that are not -1. */
void transfer_message_done(struct transfer_message *message);
