/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handoff_message - one message between launcher and forwarder: a JSON object with descriptors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "src/json.h"

/*
 * Sends a JSON object with at most FDPASS_MAX_FDS descriptors, which stay the caller's. EMSGSIZE:
 * the text has more than FDPASS_MAX_BYTES. EAGAIN: the socket does not block, and is full.
 */
bool handoff_message_send(int socket, JsonNode *object, const int *fds, size_t n_fds,
			  GError **error);

/*
 * Receives one. The node holds an object and is the caller's, as are the descriptors; ret_fds has
 * FDPASS_MAX_FDS places. NULL on error: EPIPE when the other end is closed, EBADMSG for what is no
 * JSON object, EAGAIN when the socket does not block and has nothing.
 */
JsonNode *handoff_message_receive(int socket, int *ret_fds, size_t *ret_n_fds, GError **error);

/* Sets EBADMSG for a message that lacks something, or has it in a wrong shape. Returns false. */
bool handoff_message_malformed(GError **error, const char *what);
