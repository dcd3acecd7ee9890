/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_server - a socket of requests: who comes, who waits, and who has to go */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "launcher/events.h"
#include "launcher/keeper.h"
#include "launcher/session_message.h"

/*
 * How it works
 *
 * Each connection (launcher/session_message.h) brings requests. These are the server's own:
 *
 *   wait     answers {"status":N} when what is served has ended
 *   events   {"last":N} (0 if absent): the last N events and all that follow, each a message as
 *            launcher/event_log.h has it, behind an answer {}
 *   upgrade  puts the installed forwarder in the place of the one that runs; answers when that is
 *            done, with its "pid" and whether the "connections_survive"
 *
 * Others are the owner's. Only the user may speak (src/peer.h). Nobody is waited for. One that
 * comes when there are too many is served: who has been idle for longest, but for those who wait
 * for something, is told so (EUSERS), and goes.
 */
struct session_server;

/* A request, as it came, with its descriptors, which are closed behind the call. */
struct session_call {
	int client; /* where to answer (session_send_return(), session_send_failure()) */
	const struct session_request *request;
	const char *text;
	size_t size;
	const int *fds;
	size_t n_fds;
};

/* What it works with; events and keeper must outlive the server. */
struct session_server_context {
	struct keeper *keeper;
	struct events *events;
	/* Any other verb. False when somebody else answers, and the connection is not ours. */
	bool (*execute)(const struct session_call *call, void *opaque);
	void *opaque;
};

/* Serves a listening socket (STATE_SOCKET_LAUNCHER), which becomes the server's. */
struct session_server *session_server_new(int listen_fd,
					  const struct session_server_context *context);

/*
 * Answers all who wait, with the status, and frees. Who has connected but said nothing yet gets a
 * moment for it. Accepts NULL.
 */
void session_server_free(struct session_server *server, int status);
