/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notice - the kinds of what a running forwarder tells its launcher by itself */
#pragma once

/*
 * After *ready* the hand-over socket (src/handoff.h) carries notices from the forwarder to the
 * launcher: JSON objects with the member "notice", one of these, and descriptors where a kind has
 * them. A launcher ignores kinds that it does not know: the forwarder may be newer.
 */

/* Something for those who watch the container: "event" has its kind, other members are details. */
#define NOTICE_EVENT "event"

/*
 * The published ports have changed: "removed" has the ids of rules that are gone, the rest is a
 * part of a port set (src/port_set.h): see port_set_change(). "more" is true in all notices of one
 * change but the last.
 */
#define NOTICE_PORTS "ports"

/* The command has tried to ping, and the host does not let its users do that. Told once. */
#define NOTICE_PING_REFUSED "ping-refused"

/* The rules of egress have changed: its descriptor has all of them (src/egress_set.h). */
#define NOTICE_EGRESS "egress"

/* The limits of bandwidth have changed: "rates" has them (src/rate.h). */
#define NOTICE_RATES "rates"

/* What takes part in an upgrade says, see forwarder/succession.h; "failed" has why it was kept. */
#define NOTICE_PREPARED "prepared"
#define NOTICE_YIELDED	"yielded"
#define NOTICE_KEPT	"kept"

/*
 * The last words of one that made a system call which its sandbox does not allow: "call" is the
 * number, of "architecture" (src/forbidden_call.h).
 */
#define NOTICE_FORBIDDEN "forbidden"

/*
 * The launcher speaks by objects with the member "order": to the one that leaves, with the socket
 * to hand over by, and to the one in its place.
 */
#define ORDER_YIELD "yield"
#define ORDER_GO    "go"
/* To the one that serves: "resolv_conf" is the host's now, as in the start message. */
#define ORDER_RESOLVER "resolver"
