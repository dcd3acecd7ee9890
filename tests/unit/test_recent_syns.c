/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_recent_syns - a SYN is known for a while, and only that one */
#include "forwarder/recent_syns.h"

#define NOW (1000 * G_USEC_PER_SEC)

static void test_known(void)
{
	g_autofree struct recent_syns *recent = g_new0(struct recent_syns, 1);

	g_assert_false(recent_syns_has(recent, 0, 0, NOW));
	recent_syns_note(recent, 7, 1000, NOW);
	g_assert_true(recent_syns_has(recent, 7, 1000, NOW));
	g_assert_false(recent_syns_has(recent, 7, 1001, NOW));
	g_assert_false(recent_syns_has(recent, 8, 1000, NOW));
	/* The same place in the table, and yet another one. */
	g_assert_false(recent_syns_has(recent, 7 ^ RECENT_SYNS_BUCKETS, 1000, NOW));
	g_assert_false(recent_syns_has(recent, 7, 1000 ^ RECENT_SYNS_BUCKETS, NOW));
}

static void test_forgotten(void)
{
	g_autofree struct recent_syns *recent = g_new0(struct recent_syns, 1);
	gint64 end = NOW + RECENT_SYNS_S * G_USEC_PER_SEC;

	recent_syns_note(recent, 7, 1000, NOW);
	g_assert_true(recent_syns_has(recent, 7, 1000, end - 1));
	g_assert_false(recent_syns_has(recent, 7, 1000, end));
}

/* Connections between the same endpoints, one after the other. */
static void test_many_of_one_flow(void)
{
	g_autofree struct recent_syns *recent = g_new0(struct recent_syns, 1);

	for (uint32_t i = 0; i < 100; i++)
		recent_syns_note(recent, 7, i, NOW);
	for (uint32_t i = 0; i < 100; i++)
		g_assert_true(recent_syns_has(recent, 7, i, NOW));
}

/* Of one place in the table, the oldest makes room, and one that is noted again takes none. */
static void test_many_of_one_place(void)
{
	g_autofree struct recent_syns *recent = g_new0(struct recent_syns, 1);
	gint64 now = NOW;

	for (uint32_t i = 0; i < RECENT_SYNS_WAYS; i++)
		recent_syns_note(recent, i * RECENT_SYNS_BUCKETS, 5, now++);
	recent_syns_note(recent, 0, 5, now++);
	for (uint32_t i = 0; i < RECENT_SYNS_WAYS; i++)
		g_assert_true(recent_syns_has(recent, i * RECENT_SYNS_BUCKETS, 5, now));
	recent_syns_note(recent, RECENT_SYNS_WAYS * RECENT_SYNS_BUCKETS, 5, now++);
	g_assert_true(recent_syns_has(recent, RECENT_SYNS_WAYS * RECENT_SYNS_BUCKETS, 5, now));
	g_assert_true(recent_syns_has(recent, 0, 5, now));
	g_assert_false(recent_syns_has(recent, RECENT_SYNS_BUCKETS, 5, now));
}

/* As many as a busy server opens in that time, with endpoints and numbers as they come. */
static void test_busy(void)
{
	g_autofree struct recent_syns *recent = g_new0(struct recent_syns, 1);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	static uint32_t syns[8000 * RECENT_SYNS_S][2];
	size_t known = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(syns); i++) {
		syns[i][0] = g_rand_int(random);
		syns[i][1] = g_rand_int(random);
		recent_syns_note(recent, syns[i][0], syns[i][1], NOW + (gint64)i);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(syns); i++)
		known += recent_syns_has(recent, syns[i][0], syns[i][1], NOW + 16000);
	g_assert_cmpuint(known, >, G_N_ELEMENTS(syns) * 95 / 100);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recent-syns/known", test_known);
	g_test_add_func("/recent-syns/forgotten", test_forgotten);
	g_test_add_func("/recent-syns/many-of-one-flow", test_many_of_one_flow);
	g_test_add_func("/recent-syns/many-of-one-place", test_many_of_one_place);
	g_test_add_func("/recent-syns/busy", test_busy);
	return g_test_run();
}
