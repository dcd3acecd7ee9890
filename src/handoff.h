/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handoff - what launcher and forwarder say to each other over their socket */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/dns_config.h"
#include "src/link_config.h"
#include "src/outbound.h"
#include "src/port_set.h"
#include "src/rate.h"
#include "src/sandbox_mode.h"

/*
 * How it works
 *
 * The launcher starts the forwarder with one end of a SOCK_SEQPACKET pair and sends one *start*
 * message: JSON text and the descriptors that it names (several, if it has many ports). The
 * forwarder publishes the ports, locks itself down and answers *ready* (with the ports as they were
 * bound) or *failed* (a cause and a cure). After that the socket is a lifetime: whoever sees it
 * closed knows that the other is gone. Text, because a running launcher may meet a forwarder of
 * another version.
 */

/* Descriptors of a start message. Missing ones are -1. */
enum handoff_fd {
	HANDOFF_FD_TAP,	    /* the TAP; frames without packet information */
	HANDOFF_FD_CONTROL, /* listening SOCK_STREAM unix socket, or -1 */
	/* gateway link only: sockets that were made in the gateway namespace */
	HANDOFF_FD_AGENT, /* SOCK_SEQPACKET to the namespace agent, see src/agent_protocol.h */
	HANDOFF_FD_TCP4,  /* transparent listeners that TPROXY delivers re-injected SYNs to */
	HANDOFF_FD_TCP6,
	HANDOFF_FD_UDP4, /* transparent wildcard sockets for the first datagram of a flow */
	HANDOFF_FD_UDP6,
	HANDOFF_FD_EGRESS, /* src/egress_set.h, or -1: everything may leave */
	HANDOFF_FD_MEMORY, /* src/memory_file.h, the same for each forwarder; or -1 */
	/* SOCK_SEQPACKET to the forwarder that it is to take the place of (forwarder/succession.h)
	 */
	HANDOFF_FD_PREDECESSOR,
	HANDOFF_N_FDS,
};

struct handoff_start {
	char *name; /* of the container, for messages */
	struct link_config link;
	struct host_access access;
	enum sandbox_mode sandbox;
	/* Of the host's resolv.conf(5) what names servers: the forwarder sees no files. */
	char *resolv_conf;
	struct outbound outbound;
	struct dns_config dns;
	struct rates rates; /* of all that travels */
	bool control_once;  /* the control socket serves one request a connection, as slirp4netns */
	/*
	 * To publish, each with an id. A rule that has sockets is published with them, which may be
	 * those of a forwarder before this one or the user's own; the others get new ones.
	 */
	struct port_set ports;
	int fds[HANDOFF_N_FDS];
};

/* Initialises with empty arrays and unset descriptors. */
void handoff_start_init(struct handoff_start *start);
/* Frees the strings and arrays and closes the descriptors. */
void handoff_start_done(struct handoff_start *start);

/* Takes a descriptor out, which becomes the caller's; -1 if it is not set. */
int handoff_take_fd(struct handoff_start *start, enum handoff_fd place);

/* Sends the start message; the descriptors stay the caller's. */
bool handoff_send_start(int socket, const struct handoff_start *start, GError **error);
/* Receives it into an initialised start. */
bool handoff_receive_start(int socket, struct handoff_start *start, GError **error);

/*
 * Answers that everything is in place, with the ports as they were bound, and all their sockets.
 * note is one line for the user, or NULL.
 */
bool handoff_send_ready(int socket, const struct port_set *ports, const char *note, GError **error);
/* Answers that it cannot be done; failure keeps its cause, cure and errno on the other side. */
bool handoff_send_failed(int socket, const GError *failure, GError **error);

/*
 * Receives the answer and appends the ports to ret_ports. *ret_note becomes the line for the user,
 * which the caller frees, or NULL; ret_note may be NULL. False when the peer has closed without an
 * answer (EPIPE), and when it answered with a failure, which then is the error.
 */
bool handoff_receive_ready(int socket, struct port_set *ret_ports, char **ret_note, GError **error);
