/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outgoing - TCP connections of the command, from SYN to relay (or to libslirp) */
#pragma once

#include <stdint.h>

#include <glib.h>

#include "forwarder/frame.h"
#include "forwarder/ledger.h"
#include "forwarder/policy.h"
#include "forwarder/relay.h"
#include "forwarder/tap.h"
#include "forwarder/tcp_options.h"
#include "forwarder/virtual_names.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"

struct outgoing;

/* What it works with; all must outlive it. */
struct outgoing_context {
	struct watch *watch;
	struct tap *tap;
	struct relay *relay;
	const struct policy *policy;
	const struct way_out *way_out;
	const struct tcp_congestion *congestion;
	struct ledger *ledger;
	struct virtual_names *virtual_names; /* or NULL */
	/*
	 * Without listeners, and a relay: takes the SYN of a connection that stands, and the host's
	 * socket, which becomes the callee's. False: the command is to be refused. NULL else.
	 */
	bool (*hand_over)(const uint8_t *syn, size_t size, int host_fd, void *opaque);
	void *opaque;
};

struct outgoing_stats {
	uint64_t connected, failed; /* host connections */
	uint64_t unmatched;	    /* accepted in the gateway without a host connection: reset */
	uint64_t evicted;	    /* pending ones that made room for newer ones */
	unsigned pending;	    /* now */
};

/*
 * listeners are the gateway's transparent listeners (-1 where a family is off), which become
 * outgoing's.
 */
struct outgoing *outgoing_new(const struct outgoing_context *context, const int listeners[2],
			      GError **error);
void outgoing_free(struct outgoing *outgoing);

/*
 * Takes a TCP segment from the TAP that policy has let pass. False for what is none of its own:
 * anything but a SYN, and a late one of a connection that stands.
 */
bool outgoing_segment_from_tap(struct outgoing *outgoing, const struct frame *frame);

/* Counted since it was made. */
void outgoing_get_stats(const struct outgoing *outgoing, struct outgoing_stats *ret_stats);

/* Ends those that may not go on; the command learns of it. */
void outgoing_cut(struct outgoing *outgoing, flow_judge may_go_on, void *opaque);

/* Adds the connections that are not relayed yet to a page. */
void outgoing_list(const struct outgoing *outgoing, struct flow_page *page);
