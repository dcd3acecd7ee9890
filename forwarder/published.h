/* SPDX-License-Identifier: GPL-2.0-or-later */
/* published - TCP ports of the host that lead into a gateway link, with true client addresses */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/ledger.h"
#include "forwarder/port_binding.h"
#include "forwarder/relay.h"
#include "forwarder/socket_pool.h"
#include "forwarder/tcp_options.h"
#include "forwarder/watch.h"
#include "src/link_config.h"

struct published;

struct published_stats {
	uint64_t connected, failed; /* connections to the command */
	unsigned pending;	    /* now */
};

/* What it works with; all must outlive it. */
struct published_context {
	struct watch *watch;
	struct relay *relay;
	const struct link_config *link;
	const struct tcp_congestion *congestion;
	struct ledger *ledger;
};

/* Set its pool before a port is added. */
struct published *published_new(const struct published_context *context);
void published_free(struct published *published);

/* The sockets to connect with; call published_on_sockets() when the pool has been refilled. */
void published_set_pool(struct published *published, struct socket_pool *pool);
void published_on_sockets(void *published);

/* While paused, clients wait in the kernel's backlogs. */
void published_pause(struct published *published, bool is_paused);

/* See struct port_backend. */
bool published_add(struct published *published, const struct port_binding *binding, GError **error);
void published_remove(struct published *published, int fd);

/* Counted since it was made. */
void published_get_stats(const struct published *published, struct published_stats *ret_stats);

/* Adds the connections that are not relayed yet to a page. */
void published_list(const struct published *published, struct flow_page *page);
