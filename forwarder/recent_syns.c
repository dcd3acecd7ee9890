/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recent_syns - which SYNs have opened a connection a moment ago */
#include "forwarder/recent_syns.h"

static size_t bucket_of(uint32_t flow, uint32_t sequence)
{
	/* By the sequence number too: one pair of endpoints may open many connections. */
	return (flow ^ sequence) % RECENT_SYNS_BUCKETS;
}

static bool is_same(const struct recent_syn *syn, uint32_t flow, uint32_t sequence)
{
	return syn->flow == flow && syn->sequence == sequence;
}

void recent_syns_note(struct recent_syns *recent, uint32_t flow, uint32_t sequence, gint64 now_us)
{
	struct recent_syn *bucket = recent->buckets[bucket_of(flow, sequence)];
	struct recent_syn *place = bucket;

	for (size_t i = 0; i < RECENT_SYNS_WAYS; i++) {
		if (is_same(&bucket[i], flow, sequence)) {
			place = &bucket[i];
			break;
		}
		if (bucket[i].until_us < place->until_us)
			place = &bucket[i];
	}
	*place = (struct recent_syn){
		.flow = flow,
		.sequence = sequence,
		.until_us = now_us + RECENT_SYNS_S * G_USEC_PER_SEC,
	};
}

bool recent_syns_has(const struct recent_syns *recent, uint32_t flow, uint32_t sequence,
		     gint64 now_us)
{
	const struct recent_syn *bucket = recent->buckets[bucket_of(flow, sequence)];

	for (size_t i = 0; i < RECENT_SYNS_WAYS; i++)
		if (is_same(&bucket[i], flow, sequence) && bucket[i].until_us > now_us)
			return true;
	return false;
}
