/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fair_queue - packets that wait for a limit of bandwidth, the flows in turn */
#include "forwarder/fair_queue.h"

#include <string.h>

#define N_BINS 256
/* Bytes of a bin's turn. */
#define TURN_SIZE 1514
/*
 * Bytes that may wait in a bin: at least the window of a connection of libslirp, which has 64 KiB
 * and is not to lose anything, with its headers; what the limit carries in a moment, but no more
 * than is left of what all bins may have together. So a bin has half of that at most, and with the
 * least of each all of them have 40 MiB.
 */
#define BIN_LEAST  (128 * 1024)
#define BIN_MS	   100
#define BINS_BOUND (8 * 1024 * 1024)

struct item {
	GList link;
	size_t weight, head_size, size;
	parcel_handler handler;
	void *opaque;
	_Alignas(max_align_t) uint8_t bytes[]; /* head, then data */
};

struct bin {
	GQueue items;
	size_t bytes;
	int64_t deficit;
	GList link; /* among the busy ones */
};

/* Its source, so that the context keeps it while it is being dispatched. */
struct fair_queue {
	GSource source;
	struct bucket *bucket;
	struct bucket_grant grant;
	size_t used;	  /* of the grant */
	GQueue busy;	  /* bins with items */
	size_t bytes;	  /* in all of them */
	struct bin *bins; /* made when the first parcel has to wait */
	struct fair_queue_stats stats;
};

/* --- what the limit allows --- */

static void settle(struct fair_queue *queue)
{
	if (queue->grant.size)
		bucket_settle(queue->bucket, &queue->grant, queue->used);
	queue->used = 0;
}

static bool may_pass(struct fair_queue *queue)
{
	if (!bucket_is_limited(queue->bucket))
		return true;
	if (queue->used >= queue->grant.size)
		settle(queue);
	return bucket_ask(queue->bucket, &queue->grant, bucket_quantum(queue->bucket),
			  bucket_now());
}

/* --- bins --- */

static size_t bin_bound(const struct fair_queue *queue)
{
	uint64_t moment = atomic_load(&queue->bucket->bits) / 8 * BIN_MS / 1000;
	size_t left = BINS_BOUND - MIN(queue->bytes, BINS_BOUND);

	return (size_t)MAX(BIN_LEAST, MIN(moment, left));
}

static struct bin *bin_of(const struct fair_queue *queue, guint flow)
{
	/* Fibonacci hashing: the best bits are the upper ones. */
	return &queue->bins[(flow * 2654435769u >> 16) % N_BINS];
}

static void make_bins(struct fair_queue *queue)
{
	queue->bins = g_new0(struct bin, N_BINS);
	for (size_t i = 0; i < N_BINS; i++)
		queue->bins[i].link.data = &queue->bins[i];
}

static void bin_put(struct fair_queue *queue, struct bin *bin, const struct parcel *parcel)
{
	size_t size = sizeof(struct item) + parcel->head_size + parcel->size;

	if (bin->items.length && bin->bytes + size > bin_bound(queue)) {
		queue->stats.dropped++;
		return;
	}
	struct item *item = g_malloc(size);
	*item = (struct item){
		.link.data = item,
		.weight = parcel->weight,
		.head_size = parcel->head_size,
		.size = parcel->size,
		.handler = parcel->handler,
		.opaque = parcel->opaque,
	};
	if (parcel->head_size)
		memcpy(item->bytes, parcel->head, parcel->head_size);
	memcpy(item->bytes + parcel->head_size, parcel->data, parcel->size);
	if (!bin->items.length)
		g_queue_push_tail_link(&queue->busy, &bin->link);
	g_queue_push_tail_link(&bin->items, &item->link);
	bin->bytes += size;
	queue->bytes += size;
	queue->stats.held++;
}

/* The bin whose turn it is. */
static struct bin *next_bin(struct fair_queue *queue)
{
	for (;;) {
		struct bin *bin = queue->busy.head->data;

		if (bin->deficit > 0)
			return bin;
		bin->deficit += TURN_SIZE;
		g_queue_unlink(&queue->busy, &bin->link);
		g_queue_push_tail_link(&queue->busy, &bin->link);
	}
}

static struct item *bin_take(struct fair_queue *queue, struct bin *bin)
{
	struct item *item = g_queue_pop_head_link(&bin->items)->data;
	size_t size = sizeof(*item) + item->head_size + item->size;

	bin->deficit -= (int64_t)item->weight;
	bin->bytes -= size;
	queue->bytes -= size;
	if (bin->items.length == 0) {
		bin->deficit = 0;
		g_queue_unlink(&queue->busy, &bin->link);
	}
	return item;
}

/* --- serving --- */

static void wait(struct fair_queue *queue)
{
	g_source_set_ready_time(&queue->source, (queue->grant.at_ns + 999) / 1000);
}

static void serve(struct fair_queue *queue)
{
	while (queue->busy.length > 0) {
		if (!may_pass(queue)) {
			wait(queue);
			return;
		}
		struct item *item = bin_take(queue, next_bin(queue));
		queue->used += item->weight;
		item->handler(item->bytes, item->bytes + item->head_size, item->size, item->opaque);
		g_free(item);
	}
	settle(queue);
}

static gboolean dispatch(GSource *source, GSourceFunc callback G_GNUC_UNUSED,
			 gpointer data G_GNUC_UNUSED)
{
	g_source_set_ready_time(source, -1);
	serve((struct fair_queue *)source);
	return G_SOURCE_CONTINUE;
}

/* True where it need not wait: nothing does, and the limit lets it pass. */
static bool passes(struct fair_queue *queue, const struct parcel *parcel)
{
	if (queue->busy.length > 0)
		return parcel->weight == 0 && bin_of(queue, parcel->flow)->items.length == 0;
	if (!bucket_is_limited(queue->bucket) || parcel->weight == 0)
		return true;
	if (!may_pass(queue))
		return false;
	queue->used += parcel->weight;
	settle(queue);
	return true;
}

bool fair_queue_hold(struct fair_queue *queue, const struct parcel *parcel)
{
	if (!queue || passes(queue, parcel))
		return false;
	if (!queue->bins)
		make_bins(queue);
	bool was_idle = queue->busy.length == 0;
	bin_put(queue, bin_of(queue, parcel->flow), parcel);
	/* Not served from here: handlers could take away what the caller works with. */
	if (was_idle)
		wait(queue);
	return true;
}

void fair_queue_apply(struct fair_queue *queue)
{
	settle(queue);
	serve(queue);
}

/* --- life --- */

static GSourceFuncs source_funcs = {.dispatch = dispatch};

struct fair_queue *fair_queue_new(struct bucket *bucket)
{
	struct fair_queue *queue =
		(struct fair_queue *)g_source_new(&source_funcs, sizeof(struct fair_queue));

	queue->bucket = bucket;
	g_source_set_static_name(&queue->source, "fair queue");
	/* See watch_new(). */
	g_source_set_can_recurse(&queue->source, TRUE);
	g_source_attach(&queue->source, g_main_context_get_thread_default());
	return queue;
}

void fair_queue_free(struct fair_queue *queue)
{
	if (!queue)
		return;
	settle(queue);
	while (queue->busy.length > 0)
		g_free(bin_take(queue, queue->busy.head->data));
	g_free(queue->bins);
	g_source_destroy(&queue->source);
	g_source_unref(&queue->source);
}

const struct fair_queue_stats *fair_queue_get_stats(const struct fair_queue *queue)
{
	return &queue->stats;
}
