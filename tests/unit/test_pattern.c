/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pattern - the benchmark's stream of known bytes: damage of any kind must show */
#include <string.h>

#include "tests/bench/pattern.h"

#define STREAM_SIZE (3 * PATTERN_CHUNK + 17)

/* Feeds the stream in pieces of at most piece bytes; at damage_at a byte is flipped. */
static struct pattern_receipt feed(size_t piece, uint64_t damage_at)
{
	g_autofree struct pattern *pattern = pattern_new();
	g_autofree uint8_t *copy = g_malloc(PATTERN_CHUNK);
	struct pattern_receipt receipt;
	size_t room;

	pattern_receipt_start(&receipt, STREAM_SIZE);
	while ((room = pattern_receipt_room(&receipt)) > 0) {
		size_t size = MIN(room, piece);

		memcpy(copy, pattern_at(pattern, receipt.received), size);
		if (damage_at - receipt.received < size)
			copy[damage_at - receipt.received] ^= 1;
		pattern_receipt_note(&receipt, pattern, copy, size);
	}
	return receipt;
}

static void test_intact(void)
{
	for (size_t piece = 1000; piece <= PATTERN_CHUNK; piece = piece * 3 + 1) {
		struct pattern_receipt receipt = feed(piece, UINT64_MAX);

		g_assert_true(receipt.intact);
		g_assert_cmpuint(receipt.received, ==, STREAM_SIZE);
	}
}

static void test_damaged(void)
{
	g_assert_false(feed(1448, 0).intact);
	g_assert_false(feed(1448, PATTERN_CHUNK).intact);
	g_assert_false(feed(1448, STREAM_SIZE - 1).intact);
}

static void test_shifted(void)
{
	static const size_t shifts[] = {1, 1448, 1460, 4096, 65480, 65536, 128 * 1024};
	g_autofree struct pattern *pattern = pattern_new();

	for (size_t i = 0; i < G_N_ELEMENTS(shifts); i++) {
		struct pattern_receipt receipt;

		pattern_receipt_start(&receipt, 1000);
		pattern_receipt_note(&receipt, pattern, pattern_at(pattern, shifts[i]), 1000);
		g_assert_false(receipt.intact);
	}
}

static void test_pause(void)
{
	g_autofree struct pattern *pattern = pattern_new();
	struct pattern_receipt receipt;

	pattern_receipt_start(&receipt, 2);
	receipt.last_read -= G_USEC_PER_SEC;
	pattern_receipt_note(&receipt, pattern, pattern_at(pattern, 0), 1);
	pattern_receipt_note(&receipt, pattern, pattern_at(pattern, 1), 1);
	g_assert_cmpint(receipt.longest_pause, >=, G_USEC_PER_SEC);
	g_assert_true(receipt.intact);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pattern/intact", test_intact);
	g_test_add_func("/pattern/damaged", test_damaged);
	g_test_add_func("/pattern/shifted", test_shifted);
	g_test_add_func("/pattern/pause", test_pause);
	return g_test_run();
}
