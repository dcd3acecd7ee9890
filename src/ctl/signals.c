/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signals - signals by their names (signal(7)) */
#include "src/ctl/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "src/failure.h"

static int by_name(const char *name)
{
	for (int number = 1; number < NSIG; number++) {
		const char *known = sigabbrev_np(number);
		if (known && g_ascii_strcasecmp(known, name) == 0)
			return number;
	}
	return 0;
}

/* "RTMIN", "RTMIN+N", "RTMAX", "RTMAX-N". */
static int by_distance(const char *name)
{
	bool from_first = g_ascii_strncasecmp(name, "RTMIN", 5) == 0;
	guint64 distance = 0;

	if (!from_first && g_ascii_strncasecmp(name, "RTMAX", 5) != 0)
		return 0;
	const char *rest = name + 5;
	if (rest[0] != '\0' &&
	    (rest[0] != (from_first ? '+' : '-') ||
	     !g_ascii_string_to_unsigned(rest + 1, 10, 0, (guint64)(SIGRTMAX - SIGRTMIN), &distance,
					 NULL)))
		return 0;
	return from_first ? SIGRTMIN + (int)distance : SIGRTMAX - (int)distance;
}

bool signals_parse(const char *text, int *ret_number, GError **error)
{
	const char *name = g_ascii_strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	guint64 number = 0;

	if (!g_ascii_string_to_unsigned(text, 10, 1, NSIG - 1, &number, NULL))
		number = (guint64)by_name(name);
	if (number == 0)
		number = (guint64)by_distance(name);
	if (number == 0) {
		g_autofree char *printable = g_strescape(text, NULL);
		failure_set(error, EINVAL, "take a name or a number: TERM, SIGTERM, 15, RTMIN+1",
			    "'%s' is no signal", printable);
		return false;
	}
	*ret_number = (int)number;
	return true;
}
