/* SPDX-License-Identifier: GPL-2.0-or-later */
/* published - TCP ports of the host that lead into a gateway link, with true client addresses */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/relay.h"
#include "forwarder/socket_pool.h"
#include "forwarder/tcp_options.h"
#include "forwarder/watch.h"
#include "src/link_config.h"

struct published;

struct published_stats {
	uint64_t connected, failed; /* connections to the command */
};

/* What it works with; all must outlive it. */
struct published_context {
	struct watch *watch;
	struct relay *relay;
	const struct link_config *link;
	const struct tcp_congestion *congestion;
};

/* Set its pool before a port is added. */
struct published *published_new(const struct published_context *context);
void published_free(struct published *published);

/* The sockets to connect with; call published_on_sockets() when the pool has been refilled. */
void published_set_pool(struct published *published, struct socket_pool *pool);
void published_on_sockets(void *published);

/* Listens on one port of one family. False with bind(2)'s or listen(2)'s errno as the code. */
bool published_add(struct published *published, const struct ip_address *host, uint16_t host_port,
		   const struct ip_address *guest, uint16_t guest_port, GError **error);
/* Stops listening; connections go on. False if it was not listening. */
bool published_remove(struct published *published, const struct ip_address *host,
		      uint16_t host_port);

/* Valid as long as published; counted since it was made. */
const struct published_stats *published_get_stats(const struct published *published);
