/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_bucket - a limit of bandwidth, with a clock of the test's own */
#include <glib.h>

#include "forwarder/bucket.h"

#define MS	  G_GINT64_CONSTANT(1000000)
#define SECOND	  (1000 * MS)
#define START	  (1000 * SECOND)
#define MAX_FLOWS 64

static void configure(struct bucket *bucket, const char *text)
{
	struct rate rate;

	g_assert_true(rate_parse(text, &rate, NULL));
	bucket_configure(bucket, &rate);
}

/* Flows that always have more, and move what they may at each tick of the clock. */
struct crowd {
	struct bucket bucket;
	unsigned n;
	struct bucket_grant grants[MAX_FLOWS];
	uint64_t moved[MAX_FLOWS];
	size_t step; /* what each moves at a time; 0: all that it is granted */
};

static void move(struct crowd *crowd, unsigned i, int64_t now_ns)
{
	while (bucket_ask(&crowd->bucket, &crowd->grants[i], bucket_quantum(&crowd->bucket),
			  now_ns)) {
		size_t size = crowd->step ? crowd->step : crowd->grants[i].size;

		crowd->moved[i] += size;
		bucket_settle(&crowd->bucket, &crowd->grants[i], size);
	}
}

static uint64_t run(struct crowd *crowd, int64_t begin_ns, int64_t end_ns, int64_t tick_ns)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < crowd->n; i++)
		crowd->moved[i] = 0;
	for (int64_t now = begin_ns; now < end_ns; now += tick_ns)
		for (unsigned i = 0; i < crowd->n; i++)
			move(crowd, i, now);
	for (unsigned i = 0; i < crowd->n; i++)
		sum += crowd->moved[i];
	return sum;
}

static void assert_near(uint64_t value, uint64_t goal, unsigned percent)
{
	g_assert_cmpuint(value * 100, >=, goal * (100 - percent));
	g_assert_cmpuint(value * 100, <=, goal * (100 + percent));
}

/* Also where wake-ups are rare: less than the burst is never lost. */
static void test_accuracy(void)
{
	static const char *const rates[] = {"1kbit",   "1mbit", "10mbit",
					    "100mbit", "1gbit", "40gbit"};

	for (size_t i = 0; i < G_N_ELEMENTS(rates); i++)
		for (unsigned n = 1; n <= MAX_FLOWS; n *= 8) {
			struct crowd crowd = {.n = n};
			struct rate rate;

			g_assert_true(rate_parse(rates[i], &rate, NULL));
			bucket_configure(&crowd.bucket, &rate);
			/* What waits for its time in the end has been paid for. */
			int64_t seconds = rate.bits < 1000000 ? 2000 : 10;
			uint64_t sum = run(&crowd, START, START + seconds * SECOND,
					   MAX(3 * MS, seconds * MS / 10));
			assert_near(sum, rate.bits / 8 * (uint64_t)seconds, 2);
		}
}

/* What is moved counts, not what was asked for: less, or more in one piece. */
static void test_settle(void)
{
	static const size_t steps[] = {1, 100, 65000, 3000000};

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct crowd crowd = {.n = 3, .step = steps[i]};

		configure(&crowd.bucket, steps[i] == 1 ? "1mbit" : "100mbit");
		run(&crowd, START, START + SECOND, MS);
		uint64_t sum = run(&crowd, START + SECOND, START + 21 * SECOND, MS);
		assert_near(sum, steps[i] == 1 ? 2500000 : 250000000, 3);
	}
}

static void test_fairness(void)
{
	struct crowd crowd = {.n = 16};

	configure(&crowd.bucket, "50mbit");
	/* Who comes first has the burst. */
	run(&crowd, START, START + SECOND, MS);
	uint64_t sum = run(&crowd, START + SECOND, START + 11 * SECOND, MS);
	for (unsigned i = 0; i < crowd.n; i++)
		assert_near(crowd.moved[i], sum / crowd.n, 10);
}

/* Who comes while many others are busy does not wait for long. */
static void test_latency(void)
{
	static const unsigned counts[] = {1, 4, 32};

	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		struct crowd crowd = {.n = counts[i]};
		struct bucket_grant guest = {0};
		int64_t now = START + SECOND;

		configure(&crowd.bucket, "100mbit");
		run(&crowd, START, now, MS);
		bucket_ask(&crowd.bucket, &guest, 100, now);
		g_assert_cmpint(guest.at_ns - now, <, 25 * MS);
	}
}

/* After a pause: no more than the burst at once, however long it was. */
static void test_burst(void)
{
	struct crowd crowd = {.n = 1};

	configure(&crowd.bucket, "100mbit,burst=1m");
	g_assert_cmpuint(bucket_burst(&crowd.bucket), ==, 1048576);
	run(&crowd, START, START + SECOND, MS);
	uint64_t sum = run(&crowd, START + 100 * SECOND, START + 100 * SECOND + 1, 1);
	assert_near(sum, 1048576 + 25000, 3);
	configure(&crowd.bucket, "100mbit,burst=1");
	g_assert_cmpuint(bucket_burst(&crowd.bucket), ==, 625000);
}

/* Nobody goes on waiting by the old rate. */
static void test_configure(void)
{
	struct bucket bucket = {0};
	struct bucket_grant grant = {0};

	g_assert_false(bucket_is_limited(NULL));
	g_assert_false(bucket_is_limited(&bucket));
	configure(&bucket, "1kbit");
	g_assert_true(bucket_is_limited(&bucket));
	g_assert_true(bucket_ask(&bucket, &grant, 1000000, START));
	bucket_settle(&bucket, &grant, 1000000);
	g_assert_false(bucket_ask(&bucket, &grant, 1000, START));
	g_assert_cmpint(grant.at_ns, >, START + 7000 * SECOND);
	g_assert_cmpuint(bucket.n_waiting, ==, 1);
	configure(&bucket, "1mbit");
	g_assert_true(bucket_ask(&bucket, &grant, 1000, START));
	g_assert_cmpuint(bucket.n_waiting, ==, 0);
	bucket_settle(&bucket, &grant, 0);
	g_assert_true(bucket_ask(&bucket, &grant, 100000, START));
	bucket_settle(&bucket, &grant, 100000);
	g_assert_false(bucket_ask(&bucket, &grant, 1000, START));
	configure(&bucket, "unlimited");
	g_assert_true(bucket_ask(&bucket, &grant, 1000, START));
	bucket_settle(&bucket, &grant, 5);
	g_assert_cmpuint(bucket.n_waiting, ==, 0);
}

/* A burst that lasts for years at this rate is no time that has passed. */
static void test_extremes(void)
{
	struct crowd crowd = {.n = 1, .step = 1000000};

	configure(&crowd.bucket, "1kbit,burst=4294967295");
	assert_near(run(&crowd, START, START + 1, 1), G_GUINT64_CONSTANT(4294967295), 1);
	configure(&crowd.bucket, "10tbit");
	g_assert_cmpuint(bucket_quantum(&crowd.bucket), ==, 1048576);
	configure(&crowd.bucket, "1kbit");
	g_assert_cmpuint(bucket_quantum(&crowd.bucket), ==, 64);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bucket/accuracy", test_accuracy);
	g_test_add_func("/bucket/settle", test_settle);
	g_test_add_func("/bucket/fairness", test_fairness);
	g_test_add_func("/bucket/latency", test_latency);
	g_test_add_func("/bucket/burst", test_burst);
	g_test_add_func("/bucket/configure", test_configure);
	g_test_add_func("/bucket/extremes", test_extremes);
	return g_test_run();
}
