/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - a connection to a container's launcher: requests with descriptors, replies, events */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "src/ctl/client.h"
#include "src/json.h"

/*
 * How it works
 *
 * DIR/launcher.sock is of SOCK_SEQPACKET: a message is a JSON object, with descriptors where a verb
 * says so. A connection may carry several requests; `exec` and `wait` are answered when they are,
 * and `exec` has its "exited" event still to come. The launcher's going ends the connection.
 */
struct session;

/* Largest request, in bytes of JSON. */
#define SESSION_MAX_REQUEST (128u * 1024)

/* Connects; NULL on error (ENOENT: no such container, ECONNREFUSED: nobody listens). */
struct session *session_open(const char *container, GError **error);
/* Accepts NULL. */
void session_free(struct session *session);

static inline void session_clear(struct session **session)
{
	session_free(*session);
}

/* `autosession struct session *session = NULL;` ends the connection at the end of its scope. */
#define autosession __attribute__((cleanup(session_clear)))

/* The socket, to be polled for what can be received. It stays the session's. */
int session_fd(const struct session *session);

struct session_request {
	const char *verb;
	JsonObject *arguments; /* stays the caller's; may be NULL */
	const int *fds;	       /* stay the caller's */
	size_t n_fds;
};

/* Sends a request. E2BIG: it is larger than SESSION_MAX_REQUEST. */
bool session_send(struct session *session, const struct session_request *request, GError **error);

/*
 * Receives one message: a reply or an event, with at most one descriptor. Waits for timeout
 * milliseconds, -1: for ever. The caller owns the object and *ret_fd, which is -1 where none came.
 * NULL on error: ETIMEDOUT, ECONNRESET when the launcher has gone, EBADMSG.
 */
JsonObject *session_receive(struct session *session, int timeout, int *ret_fd, GError **error);

/* One request to the launcher and its result: client_call() for the other socket. */
JsonObject *session_call(const struct client_request *request, GError **error);
