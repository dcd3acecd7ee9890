/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - the launcher's socket: what netns-ctl asks of a running container */
#pragma once

#include <stdbool.h>

#include "launcher/container.h"
#include "launcher/session_server.h"
#include "src/json.h"

/*
 * How it works
 *
 * Verbs beside those of launcher/session_server.h, where `wait` answers with what netns-run exits
 * with:
 *
 *   exec     passed on to the container (launcher/exec_server.h), with its descriptors
 *   packet-socket: launcher/packet_socket.h, passed on as well
 *   kill     {"signal":N}: sends it to CMD, from outside, so that SIGKILL and SIGSTOP work;
 *            a paused container goes on when the signal ends it (container_wake())
 *   inspect  what the launcher knows of the container
 *   pause, resume, update, stats: launcher/session_cgroup.h
 */

/* What the verbs work on; it must outlive the server. */
struct session_context {
	struct container *container;
	const char *name; /* of the container */
	struct keeper *keeper;
	struct deputy *deputy; /* or NULL */
	char *const *state;    /* text of state.json, as it is by now */
	struct events *events;
};

/*
 * Serves a listening socket (STATE_SOCKET_LAUNCHER), which becomes the server's: see
 * session_server_free().
 */
struct session_server *session_serve(int listen_fd, struct session_context *context);

/* A verb: returns what to answer with, the caller's, or NULL and an error. */
typedef JsonNode *(*session_verb)(struct session_context *context, JsonObject *arguments,
				  GError **error);
