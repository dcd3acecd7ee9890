/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_mode - how much of the forwarder's sandbox there has to be */
#include "src/sandbox_mode.h"

#include <errno.h>

#include "src/failure.h"

static const char *const names[] = {
	[SANDBOX_ON] = "on",
	[SANDBOX_OFF] = "off",
	[SANDBOX_REQUIRE] = "require",
};

const char *sandbox_mode_name(enum sandbox_mode mode)
{
	return names[mode];
}

bool sandbox_mode_parse(const char *text, enum sandbox_mode *ret_mode, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!g_str_equal(text, names[i]))
			continue;
		*ret_mode = (enum sandbox_mode)i;
		return true;
	}
	g_autofree char *printable = g_strescape(text, NULL);
	failure_set(error, EINVAL, "take on, off or require", "unknown sandbox '%s'", printable);
	return false;
}

bool sandbox_mode_from_environment(enum sandbox_mode *ret_mode, GError **error)
{
	const char *text = g_getenv(SANDBOX_VARIABLE);

	*ret_mode = SANDBOX_ON;
	if (!text || sandbox_mode_parse(text, ret_mode, error))
		return true;
	g_prefix_error(error, SANDBOX_VARIABLE ": ");
	return false;
}
