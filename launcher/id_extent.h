/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_extent - the lines of an id map, as text of the user and of the kernel */
#pragma once

#include "launcher/id_range.h"

/* The kernel takes 340 lines, but not more than a page of text (user_namespaces(7)). */
#define ID_EXTENTS_MAX 100

/* Ids inside..inside+count-1 of a namespace are outside.. of the one around it. */
struct id_extent {
	uint32_t inside, outside, count; /* both are ranges as of struct id_range */
};

struct id_extents {
	unsigned n;
	struct id_extent at[ID_EXTENTS_MAX];
};

/*
 * Parses U:H:N[,U:H:N...]: N ids from U inside are those from H outside. Ranges that meet, inside
 * or outside, are refused (EINVAL). option is for messages: "--uidmap".
 */
bool id_extents_parse(const char *option, const char *text, struct id_extents *ret_extents,
		      GError **error);

/* Parses the text of /proc/PID/uid_map or gid_map; false (no error) if it is none. */
bool id_extents_parse_proc(const char *text, struct id_extents *ret_extents);

/* False when there is no room for one more. */
bool id_extents_add(struct id_extents *extents, struct id_extent extent);

/* The grammar of id_extents_parse(). The caller owns the string. */
char *id_extent_to_string(struct id_extent extent);

/* What is written to /proc/PID/uid_map: less than 4096 bytes. The caller owns the string. */
char *id_extents_to_proc(const struct id_extents *extents);

/* True if inside is mapped. */
bool id_extents_map(const struct id_extents *extents, uint32_t inside);

/* True if there is just one id. */
bool id_extents_are_single(const struct id_extents *extents);

/* The ids inside, as a new array for id_ranges_*(), the caller's. */
GArray *id_extents_inside(const struct id_extents *extents);
