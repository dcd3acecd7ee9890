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
