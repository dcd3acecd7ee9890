/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fair_queue - packets that wait for a limit of bandwidth */
#include <string.h>

#include <glib.h>

#include "forwarder/fair_queue.h"

#define N_FLOWS 8
#define SIZE	1000

/* What has come through, by flow. */
struct sink {
	struct bucket bucket;
	struct fair_queue *queue;
	unsigned counts[N_FLOWS];
	unsigned total;
	unsigned last[N_FLOWS]; /* number of the last one */
};

struct head {
	unsigned flow, number;
};

static void on_parcel(const void *head, const uint8_t *data, size_t size, void *opaque)
{
	struct sink *sink = opaque;
	struct head told;

	memcpy(&told, head, sizeof(told));
	for (size_t i = 0; i < size; i++)
		g_assert_cmpuint(data[i], ==, told.flow);
	/* In order, whatever has been lost. */
	g_assert_cmpuint(told.number, >, sink->last[told.flow]);
	sink->last[told.flow] = told.number;
	sink->counts[told.flow]++;
	sink->total++;
}

static void configure(struct sink *sink, const char *text)
{
	struct rate rate;

	g_assert_true(rate_parse(text, &rate, NULL));
	bucket_configure(&sink->bucket, &rate);
}

static void open_sink(struct sink *sink, const char *text)
{
	*sink = (struct sink){0};
	configure(sink, text);
	sink->queue = fair_queue_new(&sink->bucket);
}

static void close_sink(struct sink *sink)
{
	fair_queue_free(sink->queue);
	g_assert_cmpuint(sink->bucket.n_waiting, ==, 0);
}

/* As a caller does: what the queue does not hold goes on at once. */
static void put(struct sink *sink, unsigned flow, unsigned number, size_t size, size_t weight)
{
	const struct head head = {flow, number};
	uint8_t data[SIZE];

	g_assert_cmpuint(size, <=, sizeof(data));
	memset(data, (int)flow, sizeof(data));
	const struct parcel parcel = {
		.flow = flow,
		.weight = weight,
		.head = &head,
		.head_size = sizeof(head),
		.data = data,
		.size = size,
		.handler = on_parcel,
		.opaque = sink,
	};
	if (!fair_queue_hold(sink->queue, &parcel))
		on_parcel(&head, data, size, sink);
}

static void run_until(const struct sink *sink, unsigned total)
{
	while (sink->total < total)
		g_main_context_iteration(NULL, TRUE);
}

/* Without a limit, and without a queue, nothing is held. */
static void test_unlimited(void)
{
	struct sink sink;

	open_sink(&sink, "unlimited");
	for (unsigned i = 1; i <= 1000; i++)
		put(&sink, 1, i, SIZE, SIZE);
	g_assert_cmpuint(sink.total, ==, 1000);
	g_assert_cmpuint(fair_queue_get_stats(sink.queue)->held, ==, 0);
	close_sink(&sink);
	put(&(struct sink){0}, 1, 1, SIZE, SIZE);
}

static void test_rate(void)
{
	struct sink sink;
	gint64 begin_us = g_get_monotonic_time();

	open_sink(&sink, "8mbit");
	for (unsigned i = 1; i <= 160; i++)
		put(&sink, 1, i, SIZE, SIZE);
	/* 50 ms and a first turn go at once. */
	g_assert_cmpuint(sink.total, >=, 50);
	run_until(&sink, 160);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, 85 * 1000);
	g_assert_cmpuint(fair_queue_get_stats(sink.queue)->dropped, ==, 0);
	close_sink(&sink);
}

/* One flow's flood is lost by itself, and does not keep another one waiting. */
static void test_fairness(void)
{
	struct sink sink;

	open_sink(&sink, "8mbit");
	for (unsigned i = 1; i <= 10000; i++)
		put(&sink, 1, i, SIZE, SIZE);
	for (unsigned i = 1; i <= 20; i++)
		put(&sink, 2, i, SIZE, SIZE);
	unsigned dropped = (unsigned)fair_queue_get_stats(sink.queue)->dropped;
	g_assert_cmpuint(dropped, >, 9500);
	while (sink.counts[2] < 20)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(sink.counts[1], <, 10000 - dropped);
	close_sink(&sink);
}

/* Whoever has many flows gets no more memory than one bound for all, and the least of each. */
static void test_bound(void)
{
	const struct fair_queue_stats *stats;
	const unsigned n_flows = 64, bound = 8 * 1024 * 1024, least = 128 * 1024;
	struct sink sink;

	open_sink(&sink, "1gbit");
	stats = fair_queue_get_stats(sink.queue);
	for (unsigned i = 1; stats->held == 0; i++)
		put(&sink, 0, i, SIZE, SIZE);
	for (unsigned flow = 1; flow < n_flows; flow++)
		for (unsigned i = 1; i <= 5000; i++)
			put(&sink, flow, i, SIZE, SIZE);
	g_assert_cmpuint(stats->held * SIZE, <=, bound + n_flows * least);
	g_assert_cmpuint(stats->held * SIZE, >, bound / 2);
	close_sink(&sink);
}

/* Large parcels get no more than their share of bytes. */
static void test_sizes(void)
{
	struct sink sink;

	open_sink(&sink, "2mbit");
	for (unsigned i = 1; i <= 90; i++)
		put(&sink, 1, i, SIZE, SIZE);
	for (unsigned i = 1; i <= 400; i++)
		put(&sink, 2, i, SIZE / 10, SIZE / 10);
	unsigned before = sink.counts[1];
	while (sink.counts[2] < 300)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(sink.counts[1] - before, <, 45);
	g_assert_cmpuint(sink.counts[1] - before, >, 15);
	close_sink(&sink);
}

/* What weighs nothing passes, but not before what its own flow has sent. */
static void test_weightless(void)
{
	struct sink sink;

	open_sink(&sink, "1mbit");
	for (unsigned i = 1; i <= 50; i++)
		put(&sink, 1, i, SIZE, SIZE);
	g_assert_cmpuint(sink.counts[1], <, 50);
	put(&sink, 2, 1, 40, 0);
	g_assert_cmpuint(sink.counts[2], ==, 1);
	unsigned before = sink.counts[1];
	put(&sink, 1, 51, 40, 0);
	g_assert_cmpuint(sink.counts[1], ==, before);
	close_sink(&sink);
}

/* What waits for hours by the old limit goes by the new one. */
static void test_apply(void)
{
	struct sink sink;

	open_sink(&sink, "1kbit");
	for (unsigned i = 1; i <= 60; i++)
		put(&sink, 1, i, SIZE, SIZE);
	g_assert_cmpuint(sink.total, <, 10);
	configure(&sink, "1mbit");
	fair_queue_apply(sink.queue);
	run_until(&sink, 20);
	configure(&sink, "unlimited");
	fair_queue_apply(sink.queue);
	g_assert_cmpuint(sink.total, ==, 60);
	put(&sink, 1, 61, SIZE, SIZE);
	g_assert_cmpuint(sink.total, ==, 61);
	close_sink(&sink);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fair_queue/unlimited", test_unlimited);
	g_test_add_func("/fair_queue/rate", test_rate);
	g_test_add_func("/fair_queue/fairness", test_fairness);
	g_test_add_func("/fair_queue/bound", test_bound);
	g_test_add_func("/fair_queue/sizes", test_sizes);
	g_test_add_func("/fair_queue/weightless", test_weightless);
	g_test_add_func("/fair_queue/apply", test_apply);
	return g_test_run();
}
