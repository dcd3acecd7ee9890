/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_verbs - what netns-ctl asks of who serves a network for namespaces of others */
#pragma once

#include "launcher/session_server.h"

/*
 * How it works
 *
 * DIR/launcher.sock speaks as netns-run's own does (launcher/session.h), as far as there is
 * something to do:
 *
 *   wait, events, upgrade: launcher/session_server.h; the status is 0 for an end that was waited
 *            for, 128+N for signal N, else 1
 *   inspect  what is known of the network beside its forwarder
 *   kill     {"signal":N}: ends the network, as that signal does it
 *
 * What is about a command is refused: whoever has made the namespaces knows about it.
 */

/* What the verbs work on; it must outlive the server. */
struct session_verbs {
	const char *name;   /* of the network */
	char *const *state; /* text of state.json, as it is by now */
	struct keeper *keeper;
	struct events *events;
};

/*
 * Serves a listening socket (STATE_SOCKET_LAUNCHER), which becomes the server's: see
 * session_server_free().
 */
struct session_server *session_verbs_serve(int listen_fd, struct session_verbs *verbs);
