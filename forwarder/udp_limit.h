/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_limit - datagrams before a limit of bandwidth */
#pragma once

#include <stddef.h>

#include "forwarder/fair_queue.h"
#include "forwarder/udp_io.h"

/*
 * Both ends of a flow, as the command sees them: a flow may be gone when its datagrams' time comes.
 */
struct udp_limit_ends {
	struct udp_endpoint inner, remote;
};

/* ends and message live as long as it runs. */
typedef void (*udp_limit_handler)(const struct udp_limit_ends *ends, struct udp_message *message,
				  void *opaque);

struct udp_limit {
	struct fair_queue *queue; /* NULL: unlimited */
	udp_limit_handler handler;
	void *opaque;
};

/*
 * Returns how many messages, from the first on, may go on at once; the others are the queue's, and
 * handler gets them one by one, with neither source nor destination.
 */
size_t udp_limit_pass(const struct udp_limit *limit, const struct udp_limit_ends *ends,
		      const struct udp_message *messages, size_t n);
