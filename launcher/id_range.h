/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_range - sets of user or group ids, as lists of ranges that do not meet */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* The highest id that there is: (uid_t)-1 means "no id" to the kernel. */
#define ID_MAX 4294967294U

struct id_range {
	uint32_t first;
	uint32_t count; /* at least 1; first + count - 1 is at most ID_MAX */
};

/* A decimal number of digits alone, up to ID_MAX: neither sign nor blank. */
bool id_parse(const char *text, uint32_t *ret_id);

/* The same for the two numbers of a range. */
bool id_range_parse(const char *first, const char *count, struct id_range *ret_range);

/* True if the ranges have an id in common. */
bool id_range_overlaps(struct id_range a, struct id_range b);

/* "100000-165535", or "7" for a single id. The caller owns the string. */
char *id_range_to_string(struct id_range range);

/*
 * The functions below work on a GArray of struct id_range whose ranges do not meet; an array that
 * was filled by id_ranges_add() alone is one. The order in which ids came is kept.
 */
GArray *id_ranges_new(void);

/* Adds the ids of range that are not in ranges yet. Neighbours are not joined. */
void id_ranges_add(GArray *ranges, struct id_range range);

/* Takes the ids of range out. */
void id_ranges_remove(GArray *ranges, struct id_range range);

/* Takes everything out that is not in allowed. */
void id_ranges_clip(GArray *ranges, const GArray *allowed);

/* True if all ids of range are there, be it in several ranges. */
bool id_ranges_cover(const GArray *ranges, struct id_range range);

/* "1-5, 7", neighbours joined; "none" if there is no id. The caller owns the string. */
char *id_ranges_to_string(const GArray *ranges);
