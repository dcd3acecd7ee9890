/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limiter - the container's limits of bandwidth: all that travels shares one a direction */
#include "forwarder/limiter.h"

#include "src/json_add.h"

struct limiter {
	struct rates rates;
	struct bucket buckets[RATE_N_DIRECTIONS];
	struct fair_queue *queues[RATE_N_DIRECTIONS];
};

struct limiter *limiter_new(const struct rates *rates)
{
	struct limiter *limiter = g_new0(struct limiter, 1);

	for (int i = 0; i < RATE_N_DIRECTIONS; i++)
		limiter->queues[i] = fair_queue_new(&limiter->buckets[i]);
	limiter_set(limiter, rates);
	return limiter;
}

void limiter_free(struct limiter *limiter)
{
	if (!limiter)
		return;
	for (int i = 0; i < RATE_N_DIRECTIONS; i++)
		fair_queue_free(limiter->queues[i]);
	g_free(limiter);
}

struct bucket *limiter_bucket(struct limiter *limiter, enum rate_direction direction)
{
	return &limiter->buckets[direction];
}

struct fair_queue *limiter_queue(struct limiter *limiter, enum rate_direction direction)
{
	return limiter->queues[direction];
}

const struct rates *limiter_rates(const struct limiter *limiter)
{
	return &limiter->rates;
}

void limiter_set(struct limiter *limiter, const struct rates *rates)
{
	for (int i = 0; i < RATE_N_DIRECTIONS; i++) {
		const struct rate *old = &limiter->rates.of[i], *rate = &rates->of[i];

		/* Told anew, debts would be forgotten. */
		if (old->bits == rate->bits && old->burst == rate->burst)
			continue;
		limiter->rates.of[i] = *rate;
		bucket_configure(&limiter->buckets[i], rate);
		fair_queue_apply(limiter->queues[i]);
	}
}

static void describe(const struct limiter *limiter, int direction, JsonBuilder *builder)
{
	const struct fair_queue_stats *stats = fair_queue_get_stats(limiter->queues[direction]);
	uint64_t bits = limiter->rates.of[direction].bits;

	json_builder_set_member_name(builder, rate_direction_name(direction));
	json_builder_begin_object(builder);
	if (bits) {
		json_add_int(builder, "rate", (gint64)bits);
		json_add_int(builder, "burst", (gint64)bucket_burst(&limiter->buckets[direction]));
	} else {
		json_builder_set_member_name(builder, "rate");
		json_builder_add_null_value(builder);
	}
	json_add_int(builder, "held", (gint64)stats->held);
	json_add_int(builder, "dropped", (gint64)stats->dropped);
	json_builder_end_object(builder);
}

void limiter_describe(const struct limiter *limiter, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "rates");
	json_builder_begin_object(builder);
	for (int i = 0; i < RATE_N_DIRECTIONS; i++)
		describe(limiter, i, builder);
	json_builder_end_object(builder);
}
