/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern - a stream of known bytes, and the record of how it arrived */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* The longest run of bytes that pattern_at() promises. */
#define PATTERN_CHUNK (256 * 1024)

/* Endless pseudo-random bytes of a period (a prime) that no buffer size or MTU divides. */
struct pattern;

/* Makes the pattern: one block of memory, to be freed with g_free(). */
struct pattern *pattern_new(void);

/* The bytes of the stream from offset on, PATTERN_CHUNK of them. They belong to the pattern. */
const uint8_t *pattern_at(const struct pattern *pattern, uint64_t offset);

/* What the receiver of a stream saw. Times are monotonic and in microseconds. */
struct pattern_receipt {
	uint64_t wanted;
	uint64_t received;
	int64_t started;
	int64_t last_read;
	int64_t longest_pause; /* between two reads, or the start and the first one */
	bool intact;
};

/* Starts the record of a stream of wanted bytes: from now on time counts. */
void pattern_receipt_start(struct pattern_receipt *receipt, uint64_t wanted);

/* Notes one read of size (at most PATTERN_CHUNK) bytes and compares them. */
void pattern_receipt_note(struct pattern_receipt *receipt, const struct pattern *pattern,
			  const void *data, size_t size);

/* How many bytes the next read may take: at most PATTERN_CHUNK, 0 when the stream is complete. */
size_t pattern_receipt_room(const struct pattern_receipt *receipt);
