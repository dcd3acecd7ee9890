/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay - moves bytes between pairs of TCP sockets, by splice(2), in worker threads */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/bucket.h"
#include "forwarder/flow_page.h"
#include "forwarder/port_tally.h"

struct relay;

struct relay_stats {
	uint64_t bytes_to_host;	     /* read from namespace sockets and written to host sockets */
	uint64_t bytes_to_namespace; /* the other way */
	uint64_t opened;	     /* pairs ever added */
	uint64_t active;	     /* pairs alive */
	uint64_t reset;		     /* pairs that ended with an RST, passed on to the other side */
};

/* With n_threads workers (0: one per online CPU, at most 4), each with its own epoll set. */
struct relay *relay_new(unsigned n_threads, GError **error);

/*
 * Starts the workers' threads, with all signals blocked but SIGSYS. What a process gives up before
 * that, they have not got either.
 */
bool relay_start(struct relay *relay, GError **error);

/*
 * Before it is started: what is read from the namespace's sockets, and from the host's, has these
 * limits, which must outlive the relay.
 */
void relay_set_limits(struct relay *relay, struct bucket *out, struct bucket *in);
/* They have been configured anew. */
void relay_apply_limits(struct relay *relay);

/* Ends the workers and all pairs. Accepts NULL. */
void relay_free(struct relay *relay);

/* Where the socket in the gateway namespace comes from. */
enum relay_origin {
	RELAY_OUTGOING,	 /* accepted by this process */
	RELAY_PUBLISHED, /* made by the namespace agent, who may hold a duplicate */
};

/* Two sockets whose bytes are to be relayed, and what is told of them. */
struct relay_connection {
	struct flow_identity flow;
	struct port_tally *tally; /* opened already; may be NULL */
	enum relay_origin origin;
	int namespace_fd, host_fd;
};

/*
 * Hands a pair of connected, non-blocking TCP sockets over to the worker with the fewest pairs;
 * both have the options of tcp_options.h. From now on both are the relay's, as is the tally, also
 * when it fails (both are then reset). connection is copied. Safe from any thread.
 *
 * End of file is passed on as a half-close (shutdown(2)), an error on one side as an RST on the
 * other; a pair ends when both directions have ended, and no byte that was read is lost.
 */
bool relay_add(struct relay *relay, const struct relay_connection *connection);

/* Fills in the sums over all workers; safe from any thread. */
void relay_get_stats(const struct relay *relay, struct relay_stats *ret_stats);

/* Adds the pairs that are alive to a page; safe from any thread. */
void relay_list(const struct relay *relay, struct flow_page *page);

/*
 * Resets the outgoing pairs that may not go on, both of their sides, soon. Called in the thread
 * that adds pairs.
 */
void relay_cut(struct relay *relay, flow_judge may_go_on, void *opaque);

/*
 * Stops the workers; the pairs stay as they are. relay_resume() lets them go on; false when there
 * are no threads to be had.
 */
void relay_pause(struct relay *relay);
bool relay_resume(struct relay *relay, GError **error);

/* Closes a TCP socket so that its peer sees an RST (SO_LINGER 0). Accepts -1. */
void relay_reset_socket(int fd);
