/* SPDX-License-Identifier: GPL-2.0-or-later */
/* number - numbers as a user writes them */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Parses an unsigned decimal number from min to max and nothing else: no sign, no blanks. what
 * names it in the failure: "a host port must be a number from 1 to 65535, not 'x'".
 */
bool number_parse(const char *text, guint64 min, guint64 max, const char *what, guint64 *ret_value,
		  GError **error);

/*
 * Reads "12", "1.5" or ".5" times scale, and moves *text behind it; up to 6 decimals count. Too
 * large is G_MAXUINT64. False for what begins with neither a digit nor a point and one.
 */
bool number_take_decimal(const char **text, guint64 scale, guint64 *ret_value);

/* Parses "4096", "512k", "1.5MiB", "2g": a number of bytes. Too large is G_MAXUINT64. */
bool number_parse_size(const char *text, guint64 *ret_value);
