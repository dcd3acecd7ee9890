/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bucket - a limit of bandwidth that all of one direction share, whichever thread moves it */
#include "forwarder/bucket.h"

#include <time.h>

#include <glib.h>

#define SECOND_NS G_GINT64_CONSTANT(1000000000)
/* What a wake-up may be late, on a busy machine, without a loss. */
#define BURST_NS (50 * SECOND_NS / 1000)
/* At low rates, so that a packet need not be paid for before the next is asked for. */
#define BURST_PACKETS 2
#define PACKET_SIZE   1500
/* No more is ever ahead, whatever burst was asked for: it has to be added to a time. */
#define BURST_MAX_NS (G_MAXINT64 / 4)
/* One flow's share of the time while it is alone, and of all together when there are many. */
#define TURN_NS		 (2 * SECOND_NS / 1000)
#define TURNS_NS	 (20 * SECOND_NS / 1000)
#define QUANTUM_MAX	 (1024 * 1024)
#define QUANTUM_LEAST_NS (50 * SECOND_NS / 1000)
#define QUANTUM_LEAST	 64

static uint64_t load_bits(const struct bucket *bucket)
{
	return atomic_load_explicit(&bucket->bits, memory_order_relaxed);
}

/* In floating point, as a burst of 4 GiB at 1 kbit/s is beyond 64 bits. */
static int64_t time_of(uint64_t bytes, uint64_t bits)
{
	double ns = (double)bytes * 8 * (double)SECOND_NS / (double)bits;

	return ns < (double)BURST_MAX_NS ? (int64_t)(ns + 0.5) : BURST_MAX_NS;
}

static uint64_t bytes_in(int64_t ns, uint64_t bits)
{
	return (uint64_t)((double)ns * (double)bits / (8 * (double)SECOND_NS));
}

void bucket_configure(struct bucket *bucket, const struct rate *rate)
{
	int64_t burst_ns = BURST_NS;

	if (rate->bits) {
		burst_ns = MAX(burst_ns, time_of(BURST_PACKETS * PACKET_SIZE, rate->bits));
		burst_ns = MAX(burst_ns, time_of(rate->burst, rate->bits));
	}
	atomic_store(&bucket->burst_ns, burst_ns);
	atomic_store(&bucket->passed_ns, 0);
	atomic_store(&bucket->bits, rate->bits);
	atomic_fetch_add(&bucket->n_configured, 1);
}

size_t bucket_quantum(const struct bucket *bucket)
{
	const int64_t most = TURNS_NS / TURN_NS;
	uint64_t bits = load_bits(bucket);
	unsigned n_waiting = atomic_load_explicit(&bucket->n_waiting, memory_order_relaxed);
	uint64_t least = CLAMP(bytes_in(QUANTUM_LEAST_NS, bits), QUANTUM_LEAST, PACKET_SIZE);

	return (size_t)CLAMP(bytes_in(TURNS_NS / (most + n_waiting), bits), least, QUANTUM_MAX);
}

uint64_t bucket_burst(const struct bucket *bucket)
{
	return bytes_in(atomic_load(&bucket->burst_ns), load_bits(bucket));
}

/* Adds bytes to what passes; returns from when on they may. */
static int64_t reserve(struct bucket *bucket, uint64_t bytes, uint64_t bits, int64_t now_ns)
{
	int64_t burst_ns = atomic_load_explicit(&bucket->burst_ns, memory_order_relaxed);
	int64_t before = atomic_load_explicit(&bucket->passed_ns, memory_order_relaxed);
	int64_t cost_ns = time_of(bytes, bits), begin;

	do
		begin = MAX(before, now_ns);
	while (!atomic_compare_exchange_weak(&bucket->passed_ns, &before, begin + cost_ns));
	return begin - burst_ns;
}

static void stop_waiting(struct bucket *bucket, struct bucket_grant *grant)
{
	if (grant->is_waiting)
		atomic_fetch_sub_explicit(&bucket->n_waiting, 1, memory_order_relaxed);
	grant->is_waiting = false;
}

bool bucket_ask(struct bucket *bucket, struct bucket_grant *grant, size_t size, int64_t now_ns)
{
	unsigned n_configured = atomic_load_explicit(&bucket->n_configured, memory_order_acquire);
	uint64_t bits = load_bits(bucket);

	if (!grant->size || grant->n_configured != n_configured) {
		grant->size = size;
		grant->n_configured = n_configured;
		grant->at_ns = bits ? reserve(bucket, size, bits, now_ns) : now_ns;
	}
	bool may_move = grant->at_ns <= now_ns;
	if (may_move)
		stop_waiting(bucket, grant);
	else if (!grant->is_waiting)
		atomic_fetch_add_explicit(&bucket->n_waiting, 1, memory_order_relaxed);
	grant->is_waiting = !may_move;
	return may_move;
}

void bucket_settle(struct bucket *bucket, struct bucket_grant *grant, size_t used)
{
	uint64_t bits = load_bits(bucket);
	bool holds =
		grant->size && atomic_load_explicit(&bucket->n_configured, memory_order_relaxed) ==
				       grant->n_configured;

	stop_waiting(bucket, grant);
	if (bits && holds && used < grant->size)
		atomic_fetch_sub(&bucket->passed_ns, time_of(grant->size - used, bits));
	else if (bits && holds && used > grant->size)
		atomic_fetch_add(&bucket->passed_ns, time_of(used - grant->size, bits));
	grant->size = 0;
}

int64_t bucket_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}
