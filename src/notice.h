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
