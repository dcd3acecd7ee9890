/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern - a stream of known bytes, and the record of how it arrived */
#include "tests/bench/pattern.h"

#include <string.h>

#define PATTERN_PERIOD 65521

struct pattern {
	uint8_t bytes[PATTERN_PERIOD + PATTERN_CHUNK];
};

struct pattern *pattern_new(void)
{
	struct pattern *pattern = g_new(struct pattern, 1);
	uint32_t state = 2463534242; /* xorshift32 (Marsaglia, 2003) */

	for (size_t i = 0; i < PATTERN_PERIOD; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		pattern->bytes[i] = (uint8_t)state;
	}
	for (size_t i = PATTERN_PERIOD; i < sizeof(pattern->bytes); i++)
		pattern->bytes[i] = pattern->bytes[i - PATTERN_PERIOD];
	return pattern;
}

const uint8_t *pattern_at(const struct pattern *pattern, uint64_t offset)
{
	return pattern->bytes + offset % PATTERN_PERIOD;
}

void pattern_receipt_start(struct pattern_receipt *receipt, uint64_t wanted)
{
	int64_t now = g_get_monotonic_time();

	*receipt = (struct pattern_receipt){
		.wanted = wanted, .started = now, .last_read = now, .intact = true};
}

void pattern_receipt_note(struct pattern_receipt *receipt, const struct pattern *pattern,
			  const void *data, size_t size)
{
	int64_t now = g_get_monotonic_time();

	receipt->longest_pause = MAX(receipt->longest_pause, now - receipt->last_read);
	receipt->last_read = now;
	if (memcmp(data, pattern_at(pattern, receipt->received), size) != 0)
		receipt->intact = false;
	receipt->received += size;
}

size_t pattern_receipt_room(const struct pattern_receipt *receipt)
{
	return MIN(receipt->wanted - receipt->received, PATTERN_CHUNK);
}
