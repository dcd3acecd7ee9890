/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fair_queue - packets that wait for a limit of bandwidth, the flows in turn */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/bucket.h"

/*
 * How it works
 *
 * What comes faster than the limit waits here, as its source cannot be told to: datagrams, and
 * frames. Flows wait in a bin each (some share one, by their hash), and the bins are served in
 * turn, by bytes (deficit round robin, Shreedhar and Varghese 1995). So whoever sends too much
 * fills his own bin alone, whose newest packets are lost, and others do not wait behind him.
 * Towards the bucket the queue is one flow among those of the relay.
 *
 * It belongs to one thread, and serves itself by that thread's default main context.
 */
struct fair_queue;

/* The packet's handler gets its two parts again, as long as it runs. */
typedef void (*parcel_handler)(const void *head, const uint8_t *data, size_t size, void *opaque);

/* What may have to wait. All of it is copied then. */
struct parcel {
	guint flow;    /* a hash: parcels of one flow stay in order */
	size_t weight; /* bytes that count; 0 waits for no limit, but for what is before it */
	const void *head;
	size_t head_size;
	const uint8_t *data;
	size_t size;
	parcel_handler handler;
	void *opaque;
};

/* bucket must outlive it. */
struct fair_queue *fair_queue_new(struct bucket *bucket);
/* Loses what waits. Accepts NULL. */
void fair_queue_free(struct fair_queue *queue);

/*
 * False: the parcel may go on at once, and has been counted. True: it is the queue's, and will be
 * given to its handler, or there was no room for it. NULL is a queue where nothing waits.
 */
bool fair_queue_hold(struct fair_queue *queue, const struct parcel *parcel);

/* The bucket has been configured anew. */
void fair_queue_apply(struct fair_queue *queue);

struct fair_queue_stats {
	uint64_t held;	  /* parcels that had to wait */
	uint64_t dropped; /* parcels that there was no room for */
};

/* Counted since it was made. */
const struct fair_queue_stats *fair_queue_get_stats(const struct fair_queue *queue);
