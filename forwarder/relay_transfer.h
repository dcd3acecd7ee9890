/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_transfer - passes the relay's pairs, with the bytes that they hold, on to another process
 */
#pragma once

#include <stdbool.h>

#include "forwarder/ledger.h"
#include "forwarder/relay.h"
#include "forwarder/transfer.h"

/*
 * How it works
 *
 * A message has "pairs", an array of objects: "published", "since" (g_get_monotonic_time()),
 * "failed" of both sides, the namespace's first, and "flows" by their sources in the same order:
 * "never_splice", "source_ended", "closed", "bytes" (passed on so far), "rest" (bytes of it in the
 * message's data), "in_pipe" (bytes in a pipe). The descriptors of a pair are its two sockets, then
 * for each flow with bytes in a pipe that pipe's two ends.
 */

/* Sends all pairs of a paused relay, which keeps them. */
bool relay_transfer_send(struct relay *relay, int socket, GError **error);

/* Pairs that have been received and do not run yet. */
struct relay_arrivals;

struct relay_arrivals *relay_arrivals_new(void);
/* Closes what has not been run. */
void relay_arrivals_free(struct relay_arrivals *arrivals);

/* Takes a message with pairs, and its descriptors. False for what is malformed. */
bool relay_arrivals_take(struct relay_arrivals *arrivals, struct transfer_message *message,
			 GError **error);

/* Lets all of them go on in this relay, which must be paused. */
void relay_arrivals_run(struct relay_arrivals *arrivals, struct relay *relay,
			struct ledger *ledger);
