/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_held - the pairs of a worker that their limits of bandwidth want to wait */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/relay_pair.h"

/*
 * How it works
 *
 * A queue for each direction, as a pair may wait in both. The times of one bucket's reservations
 * come in order but for what others have given back, which is little, so the queues need no
 * sorting.
 */
struct relay_held {
	GQueue queues[PAIR_N_SIDES]; /* of the flows from that side */
};

/* Takes note of what a run, or the end, of a pair has changed. */
void relay_held_note(struct relay_held *held, struct relay_pair *pair);

/* Takes a pair out whose time has come, for the caller to run it; NULL when there is none. */
struct relay_pair *relay_held_take(struct relay_held *held, int64_t now_ns);

/* True while none waits. */
bool relay_held_is_empty(const struct relay_held *held);

/* Until the first one's time comes, in milliseconds for poll(2); -1: none waits. */
int relay_held_timeout(const struct relay_held *held);
