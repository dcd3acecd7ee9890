/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_connection - a TCP connection that the host makes for the command, maybe by a proxy */
#pragma once

#include <stdbool.h>

#include "forwarder/flow.h"
#include "forwarder/name_table.h"
#include "forwarder/policy.h"
#include "forwarder/proxy_client.h"
#include "forwarder/tcp_options.h"
#include "forwarder/virtual_names.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"

/* What all of them work with; it must outlive them. */
struct host_connection_context {
	struct watch *watch;
	const struct policy *policy;   /* where flows really go */
	const struct way_out *way_out; /* with the proxy, if there is one */
	const struct tcp_congestion *congestion;
	const struct name_table *names; /* to ask a proxy by, where there are no virtual ones */
	struct virtual_names *virtual_names; /* or NULL */
};

/* In the making. Embedded in its owner's struct; nothing of it is for the owner to touch. */
struct host_connection {
	struct watch_entry entry; /* first: its handler casts; fd -1: none */
	const struct host_connection_context *context;
	bool is_watched;
	struct proxy_client *proxy; /* while it is asked */
	guint timeout;		    /* source: a proxy that says nothing, or 0 */
	/* Tells of the end: errnum 0 is connected. Not called by host_connection_start(). */
	void (*on_done)(struct host_connection *connection, int errnum);
};

/* There is none yet. */
void host_connection_init(struct host_connection *connection,
			  const struct host_connection_context *context,
			  void (*on_done)(struct host_connection *connection, int errnum));
/* Ends it at whatever step; what has been taken is not its own any more. */
void host_connection_done(struct host_connection *connection);

/*
 * Begins to connect to the remote end, through the proxy of way_out if there is one and the end is
 * not on this host. 0: it stands already; EINPROGRESS: on_done will tell; else
 * why it cannot be. After EMFILE or ENFILE it may be begun once more.
 */
int host_connection_start(struct host_connection *connection, const struct flow_ends *ends);

/* The socket of one that stands, non-blocking; it becomes the caller's. */
int host_connection_take(struct host_connection *connection);
