/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recent_syns - which SYNs have opened a connection a moment ago */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/*
 * A table that forgets: after RECENT_SYNS_S, or earlier when too many others came, the oldest of
 * those that share a place. A retransmission has the sequence number of the first SYN, a new
 * connection with the same ports has another one (RFC 6528). Times are microseconds of one clock of
 * the caller's, greater than 0.
 *
 * Of 8,000 connections a second, more than one forwarder can open, it keeps 96 of 100 for that
 * time. Only what is used costs memory, 512 KiB at most.
 */
#define RECENT_SYNS_S	    2
#define RECENT_SYNS_BUCKETS 8192
#define RECENT_SYNS_WAYS    4

/* All zero is an empty table. */
struct recent_syns {
	struct recent_syn {
		uint32_t flow, sequence;
		gint64 until_us;
	} buckets[RECENT_SYNS_BUCKETS][RECENT_SYNS_WAYS];
};

/* flow is a hash of the connection's addresses and ports. */
void recent_syns_note(struct recent_syns *recent, uint32_t flow, uint32_t sequence, gint64 now_us);
bool recent_syns_has(const struct recent_syns *recent, uint32_t flow, uint32_t sequence,
		     gint64 now_us);
