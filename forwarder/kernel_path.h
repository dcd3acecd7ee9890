/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_path - what a gateway link has beside libslirp: TCP and UDP by the kernel's sockets */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "forwarder/denials.h"
#include "forwarder/frame.h"
#include "forwarder/flow_page.h"
#include "forwarder/ledger.h"
#include "forwarder/limiter.h"
#include "forwarder/outgoing.h"
#include "forwarder/policy.h"
#include "forwarder/relay.h"
#include "forwarder/port_binding.h"
#include "forwarder/published.h"
#include "forwarder/relay.h"
#include "forwarder/tap.h"
#include "forwarder/udp_path.h"
#include "forwarder/virtual_names.h"
#include "forwarder/watch.h"
#include "src/handoff.h"
#include "src/json.h"

struct kernel_path;

/* What it works with; all must outlive it. */
struct kernel_path_context {
	struct watch *watch;
	struct tap *tap;
	const struct policy *policy;
	struct denials *denials; /* or NULL */
	const struct way_out *way_out;
	struct ledger *ledger;
	struct virtual_names *virtual_names; /* or NULL */
	struct limiter *limiter;	     /* or NULL */
};

/* Takes the gateway's descriptors out of start, which must outlive it. */
struct kernel_path *kernel_path_new(const struct kernel_path_context *context,
				    struct handoff_start *start, GError **error);
/* Starts the relay's threads. NULL is a path that needs none. */
bool kernel_path_start(struct kernel_path *path, GError **error);
void kernel_path_free(struct kernel_path *path);

/*
 * True if the kernel's path, not libslirp, publishes ports of this protocol (IPPROTO_TCP,
 * IPPROTO_UDP). path may be NULL.
 */
bool kernel_path_publishes(const struct kernel_path *path, int protocol);

/*
 * Takes a frame that policy has let pass. False if it is libslirp's: all but TCP, for of UDP only
 * what libslirp answers itself comes over the TAP. path may be NULL.
 */
bool kernel_path_frame_from_tap(struct kernel_path *path, const struct frame *frame);

/* See struct port_backend; the protocol must be one that it publishes. */
bool kernel_path_publish(struct kernel_path *path, const struct port_binding *binding,
			 GError **error);
void kernel_path_unpublish(struct kernel_path *path, const struct port_binding *binding);

/* Adds its flows to a page. path may be NULL. */
void kernel_path_list(const struct kernel_path *path, struct flow_page *page);

struct kernel_path_stats {
	struct relay_stats relay;
	struct outgoing_stats outgoing;
	struct published_stats published;
	struct udp_path_stats udp;
};

/* All of them; zeroes for what there is not. path may be NULL. */
void kernel_path_get_stats(const struct kernel_path *path, struct kernel_path_stats *ret_stats);

/* The limits of bandwidth are others now. path may be NULL. */
void kernel_path_apply_limits(struct kernel_path *path);

/* Ends what the command began and may not go on with. path may be NULL. */
void kernel_path_cut(struct kernel_path *path, flow_judge may_go_on, void *opaque);

/*
 * Before another forwarder goes on: no client of a published port is accepted any more, until
 * resumed. kernel_path_is_settled() when no connection is half made; what still is by then is lost.
 */
void kernel_path_pause(struct kernel_path *path, bool is_paused);
bool kernel_path_is_settled(const struct kernel_path *path);

/* Where established TCP connections are. */
struct relay *kernel_path_relay(const struct kernel_path *path);

/* Adds its counters to an object. */
void kernel_path_describe(const struct kernel_path *path, JsonBuilder *builder);
