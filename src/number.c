/* SPDX-License-Identifier: GPL-2.0-or-later */
/* number - numbers as a user writes them */
#include "src/number.h"

#include <errno.h>

#include "src/failure.h"

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
