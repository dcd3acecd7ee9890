/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - the launcher's socket: what netns-ctl asks of a running container */
#pragma once

#include <stdbool.h>

#include "launcher/container.h"
#include "launcher/keeper.h"
#include "launcher/events.h"
#include "src/json.h"

/*
 * How it works
 *
 * Each connection (launcher/session_message.h) brings requests of these verbs:
 *
 *   exec     passed on to the container (launcher/exec_server.h), with its descriptors
 *   packet-socket: launcher/packet_socket.h, passed on as well
 *   kill     {"signal":N}: sends it to CMD, from outside, so that SIGKILL and SIGSTOP work;
 *            a paused container goes on when the signal ends it (container_wake())
 *   wait     answers {"status":N} when the container has ended, with what netns-run exits with
 *   events   {"last":N} (0 if absent): the last N events and all that follow, each a message as
 *            launcher/event_log.h has it, behind an answer {}
 *   upgrade  puts the installed forwarder in the place of the one that runs; answers when that is
 *            done, with its "pid" and whether the "connections_survive"
 *   inspect  what the launcher knows of the container
 *   pause, resume, update, stats: launcher/session_cgroup.h
 *
 * Only the owner may speak (src/peer.h). Nobody is waited for. One that comes when there are too
 * many is served: who has been idle for longest, but for those who wait for something, is told so
 * (EUSERS), and goes.
 */
struct session_server;

/* What the verbs work on; it must outlive the server. */
struct session_context {
	struct container *container;
	const char *name; /* of the container */
	struct keeper *keeper;
	char *const *state; /* text of state.json, as it is by now */
	struct events *events;
};

/* Serves a listening socket (STATE_SOCKET_LAUNCHER), which becomes the server's. */
struct session_server *session_server_new(int listen_fd, struct session_context *context);

/*
 * Answers all who wait, with the status that netns-run exits with, and frees. Who has connected but
 * said nothing yet gets a moment for it. Accepts NULL.
 */
void session_server_free(struct session_server *server, int status);

/* A verb: returns what to answer with, the caller's, or NULL and an error. */
typedef JsonNode *(*session_verb)(struct session_context *context, JsonObject *arguments,
				  GError **error);
