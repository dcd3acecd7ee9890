/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client - one request to a container's control socket, one reply */
#pragma once

#include <glib.h>

#include "src/json.h"

/* How long a reply may take, in milliseconds. */
#define CLIENT_TIMEOUT	     10000
#define CLIENT_SHORT_TIMEOUT 1000

struct client_request {
	const char *container;
	const char *verb;
	JsonObject *arguments; /* stays the caller's; may be NULL */
	int timeout;	       /* milliseconds, for connection, request and reply together */
};

/*
 * Sends {"execute":verb,"arguments":arguments} and returns the object behind "return" (the caller
 * owns it), NULL on error: ENOENT when no such container runs, ETIMEDOUT, EBADMSG for a reply that
 * is not of the protocol (forwarder/control.h), ECANCELED with the reply's own text when the
 * request failed.
 */
JsonObject *client_call(const struct client_request *request, GError **error);

/* The same with CLIENT_TIMEOUT. */
JsonObject *client_order(const char *container, const char *verb, JsonObject *arguments,
			 GError **error);

/* The same with n_fds descriptors that go with the request, at most FDPASS_MAX_FDS. */
JsonObject *client_call_with_fds(const struct client_request *request, const int *fds, size_t n_fds,
				 GError **error);
