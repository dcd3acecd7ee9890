/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate - how fast a container's network may be: the grammar of a rate, and the pair of both ways */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/json.h"

/* Bits per second. Fewer would not carry a handshake, more no machine. */
#define RATE_MIN G_GUINT64_CONSTANT(1000)
#define RATE_MAX G_GUINT64_CONSTANT(10000000000000)
/* Bytes. */
#define RATE_BURST_MAX G_GUINT64_CONSTANT(0xffffffff)

struct rate {
	uint64_t bits;	/* per second, from RATE_MIN to RATE_MAX; 0: unlimited */
	uint64_t burst; /* bytes that may pass at once after a pause; 0: as the rate suggests */
};

enum rate_direction {
	RATE_IN,  /* towards the command */
	RATE_OUT, /* from it */
	RATE_N_DIRECTIONS,
};

/* All zeroes: unlimited. */
struct rates {
	struct rate of[RATE_N_DIRECTIONS];
};

/*
 * Parses RATE[,burst=BYTES] or "unlimited". RATE is a number, as in "12.5", and a unit of tc(8) in
 * any case: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit, tibit (of 1024), the
 * same with bps in place of bit for bytes per second, or k, m, g, t as for bits; none is bits.
 * BYTES is as number_parse_size() has it. The failure tells cause and cure.
 */
bool rate_parse(const char *text, struct rate *ret_rate, GError **error);

/* Checks numbers that come without a text; what names them in the failure. */
bool rate_check(const struct rate *rate, const char *what, GError **error);

/* In the grammar above, exact; the caller frees. */
char *rate_to_string(const struct rate *rate);

/* "in" or "out". */
const char *rate_direction_name(enum rate_direction direction);
/* False for another text, the output untouched. */
bool rate_direction_parse(const char *text, enum rate_direction *ret_direction);

/*
 * Adds the member "rates" to the object that builder is at: by direction, where there is a limit,
 * an object of "bits" and, if one was given, "burst".
 */
void rates_add(const struct rates *rates, JsonBuilder *builder);
/* Reads that member of object; an absent one is unlimited, a malformed one an error (EBADMSG). */
bool rates_read(JsonObject *object, struct rates *ret_rates, GError **error);
