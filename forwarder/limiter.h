/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limiter - the container's limits of bandwidth: all that travels shares one a direction */
#pragma once

#include "forwarder/bucket.h"
#include "forwarder/fair_queue.h"
#include "src/json.h"
#include "src/rate.h"

/*
 * How it works
 *
 * What the command sends and gets counts: of TCP its payload, of all else whole IP packets. Answers
 * of the forwarder's own (name look-ups, refusals) do not wait. TCP that is relayed waits in its
 * sockets (relay.h), all else in a queue.
 */
struct limiter;

struct limiter *limiter_new(const struct rates *rates);
/* Accepts NULL. */
void limiter_free(struct limiter *limiter);

/* What relays reserve in; queues of the main thread, for whatever does not. They stay its own. */
struct bucket *limiter_bucket(struct limiter *limiter, enum rate_direction direction);
struct fair_queue *limiter_queue(struct limiter *limiter, enum rate_direction direction);

/* What holds now. */
const struct rates *limiter_rates(const struct limiter *limiter);

/* Other limits from now on; whoever waits in relays is the caller's to tell. */
void limiter_set(struct limiter *limiter, const struct rates *rates);

/*
 * Adds the member "rates": for each direction "rate" (bits per second, null: unlimited), "burst"
 * (bytes), and "held" and "dropped", packets in its queue since the start.
 */
void limiter_describe(const struct limiter *limiter, JsonBuilder *builder);
