/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bucket - a limit of bandwidth that all of one direction share, whichever thread moves it */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/rate.h"

/*
 * How it works
 *
 * The bucket is one number: the time at which all bytes that were ever reserved will have passed at
 * the rate. Who wants to move bytes reserves them and is told from when on it may; that is at once
 * while the bucket is no further ahead of the clock than its burst. Reservations are in the order
 * in which they were asked for. So whoever has one at a time, and takes no more than a quantum,
 * gets the same share as all others, and nobody waits for longer than one quantum of each of them.
 *
 * Who is late loses nothing while that is less than the burst, which is why it has a least size.
 *
 * Times are nanoseconds of one clock of the caller's that does not jump. All but init and
 * configure may be called from any thread.
 */
struct bucket {
	_Atomic uint64_t bits;	       /* per second; 0: unlimited */
	_Atomic int64_t burst_ns;      /* what may be ahead of the clock */
	_Atomic int64_t passed_ns;     /* see above */
	_Atomic unsigned n_waiting;    /* who wait for their time */
	_Atomic unsigned n_configured; /* reservations of before that mean nothing any more */
};

/* A reservation of one flow, which has one at a time. All zeroes: none. */
struct bucket_grant {
	size_t size; /* bytes; 0: none */
	int64_t at_ns;
	unsigned n_configured;
	bool is_waiting; /* counted in n_waiting */
};

/* All zeroes is a bucket without a limit. Sets another rate; waiting ones are to be told. */
void bucket_configure(struct bucket *bucket, const struct rate *rate);

/* bucket may be NULL, which is unlimited. */
static inline bool bucket_is_limited(const struct bucket *bucket)
{
	return bucket && atomic_load_explicit(&bucket->bits, memory_order_relaxed) != 0;
}

/* What one flow should take at a time, so that nobody waits for long. */
size_t bucket_quantum(const struct bucket *bucket);

/* Bytes that may pass at once after a pause. */
uint64_t bucket_burst(const struct bucket *bucket);

/*
 * True if the grant may be used at now_ns; one that there is not, or from before the last
 * configuration, is made anew, for size bytes. False: not before grant->at_ns.
 */
bool bucket_ask(struct bucket *bucket, struct bucket_grant *grant, size_t size, int64_t now_ns);

/* Gives the grant up, after used bytes of it were moved, which may be more or less than it had. */
void bucket_settle(struct bucket *bucket, struct bucket_grant *grant, size_t used);

/* CLOCK_MONOTONIC. */
int64_t bucket_now(void);
