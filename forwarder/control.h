/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control - the server of the control socket: connections, framing, replies */
#pragma once

#include <glib.h>

#include "forwarder/egress_service.h"
#include "forwarder/flow_page.h"
#include "forwarder/ledger.h"
#include "forwarder/port_table.h"
#include "forwarder/rate_service.h"
#include "forwarder/watch.h"
#include "src/json.h"
#include "src/link_config.h"

/*
 * How it works
 *
 * JSON over a unix stream socket. A request is one object, ended by a newline or by the client's
 * shutdown(SHUT_WR). {"execute":VERB,"arguments":{...}} gets {"return":...} or
 * {"error":{"desc":TEXT,"code":SYMBOL}}. A request that ended with a newline gets a reply with one
 * and keeps the connection open; one that ended with the shutdown gets its reply and the connection
 * is closed, as slirp4netns does.
 *
 * Descriptors for a request come with its bytes (SCM_RIGHTS, unix(7)), FDPASS_MAX_FDS at most;
 * those that it has no use for are closed.
 *
 * Only the owner may speak (src/peer.h), which the container's own processes are not. Every client
 * has bounded buffers, as have all together, all descriptors are non-blocking, and nobody waits for
 * anybody: each client's requests are executed one at a time, in turn with all else, and those of a
 * client that does not read not at all. One that comes when there are too many is served: who has
 * been idle for longest is told so (EUSERS), and goes.
 */
struct control;

/* What the verbs work on; it must outlive the control server. */
struct control_context {
	const char *name; /* of the container */
	/*
	 * As slirp4netns: one request a connection, which is complete as soon as its braces are.
	 * Its clients may neither end it nor shut their side down.
	 */
	bool once;
	const struct link_config *link;
	struct port_table *ports;
	const struct ledger *ledger;
	struct egress_service *egress; /* or NULL: such verbs are refused */
	struct rate_service *rates;    /* or NULL, the same */
	/* Adds all flows to the page that `flows` returns. */
	void (*list_flows)(struct flow_page *page, void *opaque);
	/* Adds the sums over all traffic to the object that `stats` returns. */
	void (*describe_traffic)(JsonBuilder *builder, void *opaque);
	/*
	 * Descriptors (int) that came with the request, in their order; a verb that takes one puts
	 * -1 in its place. NULL: none.
	 */
	GArray *fds;
	/* Adds members to the object that `inspect` returns; may be NULL. */
	void (*describe)(JsonBuilder *builder, void *opaque);
	void *opaque;
};

/*
 * Serves a listening, non-blocking socket, which becomes the server's. context is copied; watch
 * must outlive the server.
 */
struct control *control_new(int listen_fd, const struct control_context *context,
			    struct watch *watch);
void control_free(struct control *control);

/*
 * Executes one request text (size bytes, no terminator needed) and returns the reply without a
 * newline; the caller owns it. Pure but for the verbs' effects: unit tests and the fuzzer call it.
 */
char *control_execute(const struct control_context *context, const char *text, size_t size);
