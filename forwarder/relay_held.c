/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_held - the pairs of a worker that their limits of bandwidth want to wait */
#include "forwarder/relay_held.h"

#define MS_NS 1000000

static struct pair_flow *first(const struct relay_held *held, int side)
{
	const GList *link = held->queues[side].head;

	return link ? &((struct relay_pair *)link->data)->flows[side] : NULL;
}

static void note_flow(GQueue *queue, struct pair_flow *flow)
{
	int64_t until_ns = flow->is_held ? flow->grant.at_ns : 0;

	if (flow->queued_for_ns == until_ns)
		return;
	if (flow->queued_for_ns)
		g_queue_unlink(queue, &flow->held_link);
	if (until_ns)
		g_queue_push_tail_link(queue, &flow->held_link);
	flow->queued_for_ns = until_ns;
}

void relay_held_note(struct relay_held *held, struct relay_pair *pair)
{
	for (int side = 0; side < PAIR_N_SIDES; side++)
		note_flow(&held->queues[side], &pair->flows[side]);
}

struct relay_pair *relay_held_take(struct relay_held *held, int64_t now_ns)
{
	for (int side = 0; side < PAIR_N_SIDES; side++) {
		struct pair_flow *flow = first(held, side);

		if (!flow || flow->queued_for_ns > now_ns)
			continue;
		flow->queued_for_ns = 0;
		return g_queue_pop_head_link(&held->queues[side])->data;
	}
	return NULL;
}

bool relay_held_is_empty(const struct relay_held *held)
{
	return held->queues[PAIR_NAMESPACE].length + held->queues[PAIR_HOST].length == 0;
}

int relay_held_timeout(const struct relay_held *held)
{
	int64_t until_ns = G_MAXINT64;

	if (relay_held_is_empty(held))
		return -1;
	for (int side = 0; side < PAIR_N_SIDES; side++)
		if (first(held, side))
			until_ns = MIN(until_ns, first(held, side)->queued_for_ns);
	int64_t wait_ms = (until_ns - bucket_now() + MS_NS - 1) / MS_NS;
	return (int)CLAMP(wait_ms, 0, G_MAXINT);
}
