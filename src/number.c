/* SPDX-License-Identifier: GPL-2.0-or-later */
/* number - numbers as a user writes them */
#include "src/number.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"

#define FRACTION_SCALE 1000000

bool number_parse(const char *text, guint64 min, guint64 max, const char *what, guint64 *ret_value,
		  GError **error)
{
	if (g_ascii_string_to_unsigned(text, 10, min, max, ret_value, NULL))
		return true;
	failure_set(error, EINVAL, NULL,
		    "%s must be a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
		    ", not '%s'",
		    what, min, max, text);
	return false;
}

bool number_take_decimal(const char **text, guint64 scale, guint64 *ret_value)
{
	const char *p = *text;
	guint64 value = 0, fraction = 0, unit = FRACTION_SCALE;

	if (!g_ascii_isdigit(p[*p == '.' ? 1 : 0]))
		return false;
	for (; g_ascii_isdigit(*p); p++)
		if (!g_uint64_checked_mul(&value, value, 10) ||
		    !g_uint64_checked_add(&value, value, (guint64)(*p - '0')))
			value = G_MAXUINT64 / 10;
	if (*p == '.' && g_ascii_isdigit(p[1])) {
		for (p++; g_ascii_isdigit(*p); p++) {
			unit /= 10;
			fraction += unit * (guint64)(*p - '0');
		}
	}
	*text = p;
	if (!g_uint64_checked_mul(&value, value, scale) ||
	    !g_uint64_checked_add(&value, value, fraction * scale / FRACTION_SCALE))
		value = G_MAXUINT64;
	*ret_value = value;
	return true;
}

/* The factor of "k", "K", "kb" or "KiB"; 0 for what is no unit. */
static guint64 unit_factor(const char *unit)
{
	static const char letters[] = "bkmgt";
	guint64 factor = 1;
	const char *letter;

	if (!*unit)
		return 1;
	letter = strchr(letters, g_ascii_tolower(*unit));
	if (!letter)
		return 0;
	for (const char *p = letters; p < letter; p++)
		factor *= 1024;
	if (unit[1] && factor > 1 && g_ascii_strcasecmp(unit + 1, "b") != 0 &&
	    g_ascii_strcasecmp(unit + 1, "ib") != 0)
		return 0;
	return unit[1] && factor == 1 ? 0 : factor;
}

bool number_parse_size(const char *text, guint64 *ret_value)
{
	const char *number = text;
	guint64 ignored, factor;

	if (!number_take_decimal(&text, 1, &ignored))
		return false;
	factor = unit_factor(text);
	return factor && number_take_decimal(&number, factor, ret_value);
}
