/* SPDX-License-Identifier: GPL-2.0-or-later */
/* succession - one forwarder leaves, another goes on with its connections */
#pragma once

#include <stdbool.h>

#include "forwarder/kernel_path.h"
#include "forwarder/ledger.h"
#include "forwarder/relay_transfer.h"
#include "forwarder/tap.h"

/*
 * How it works
 *
 *   launcher                 the one that leaves            the one in its place
 *   start ─────────────────────────────────────────────────▶ makes everything, runs nothing
 *        ◀───────────────────────────────────────── prepared
 *   yield ──────────────────▶ pauses, and stops its relay
 *                             pairs, acknowledged each ────▶ keeps them
 *                             end ─────────────────────────▶
 *        ◀─────────── yielded, and is gone
 *   go ────────────────────────────────────────────────────▶ lets the pairs go on
 *        ◀──────────────────────────────────────────── ready
 *
 * Both have all sockets that listen, and the TAP: what comes meanwhile waits in the kernel. Until
 * `yielded` anything that goes wrong leaves everything as it was: the one that was to leave says
 * `kept` and goes on. Only what has said `yielded`, or was told to go, touches the sockets.
 */

/* What is handed over. */
struct succession {
	struct tap *tap;
	struct kernel_path *kernel_path; /* of a gateway link, else NULL */
	struct ledger *ledger;
};

/*
 * Stops, and sends everything over a SOCK_SEQPACKET socket (transfer.h). On success the calling
 * process must do nothing more but tell that, and end by _exit(2): the sockets are another's. On
 * failure everything goes on.
 */
bool succession_yield(const struct succession *succession, int socket, GError **error);
/* Goes on after all, as long as nobody else was told to. */
void succession_resume(const struct succession *succession);

/* Receives everything, until the end. */
bool succession_receive(struct relay_arrivals *arrivals, int socket, GError **error);

/* Lets what was received go on. */
bool succession_go(const struct succession *succession, struct relay_arrivals *arrivals,
		   GError **error);
