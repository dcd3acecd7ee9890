/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_recent_syns - a SYN is known for a while, and only that one */
#include "forwarder/recent_syns.h"

#define NOW (1000 * G_USEC_PER_SEC)

static void test_known(void)
{
	struct recent_syns recent = {0};

	g_assert_false(recent_syns_has(&recent, 0, 0, NOW));
	recent_syns_note(&recent, 7, 1000, NOW);
	g_assert_true(recent_syns_has(&recent, 7, 1000, NOW));
	g_assert_false(recent_syns_has(&recent, 7, 1001, NOW));
	g_assert_false(recent_syns_has(&recent, 8, 1000, NOW));
	/* The same place in the table, and yet another one. */
	g_assert_false(recent_syns_has(&recent, 7 ^ RECENT_SYNS_SLOTS, 1000, NOW));
	g_assert_false(recent_syns_has(&recent, 7, 1000 ^ RECENT_SYNS_SLOTS, NOW));
}

static void test_forgotten(void)
{
	struct recent_syns recent = {0};
	gint64 end = NOW + RECENT_SYNS_S * G_USEC_PER_SEC;

	recent_syns_note(&recent, 7, 1000, NOW);
	g_assert_true(recent_syns_has(&recent, 7, 1000, end - 1));
	g_assert_false(recent_syns_has(&recent, 7, 1000, end));
}

/* Connections between the same endpoints, one after the other. */
static void test_many_of_one_flow(void)
{
	struct recent_syns recent = {0};

	for (uint32_t i = 0; i < 100; i++)
		recent_syns_note(&recent, 7, i, NOW);
	for (uint32_t i = 0; i < 100; i++)
		g_assert_true(recent_syns_has(&recent, 7, i, NOW));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recent-syns/known", test_known);
	g_test_add_func("/recent-syns/forgotten", test_forgotten);
	g_test_add_func("/recent-syns/many-of-one-flow", test_many_of_one_flow);
	return g_test_run();
}
