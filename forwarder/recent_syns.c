/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recent_syns - which SYNs have opened a connection a moment ago */
#include "forwarder/recent_syns.h"

static size_t slot_of(uint32_t flow, uint32_t sequence)
{
	/* By the sequence number too: one pair of endpoints may open many connections. */
	return (flow ^ sequence) % RECENT_SYNS_SLOTS;
}

void recent_syns_note(struct recent_syns *recent, uint32_t flow, uint32_t sequence, gint64 now_us)
{
	size_t slot = slot_of(flow, sequence);

	recent->slots[slot].flow = flow;
	recent->slots[slot].sequence = sequence;
	recent->slots[slot].until_us = now_us + RECENT_SYNS_S * G_USEC_PER_SEC;
}

bool recent_syns_has(const struct recent_syns *recent, uint32_t flow, uint32_t sequence,
		     gint64 now_us)
{
	size_t slot = slot_of(flow, sequence);

	return recent->slots[slot].flow == flow && recent->slots[slot].sequence == sequence &&
	       recent->slots[slot].until_us > now_us;
}
