/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_mode - how much of the forwarder's sandbox there has to be */
#pragma once

#include <stdbool.h>

#include <glib.h>

enum sandbox_mode {
	SANDBOX_ON,	 /* what the system allows; what is missing is told */
	SANDBOX_OFF,	 /* but no capabilities, and no way to get them back */
	SANDBOX_REQUIRE, /* all of it, or an error */
};

/* The variable that says it for programs whose command line is another program's. */
#define SANDBOX_VARIABLE "NETNS_RUN_SANDBOX"

/* "on", "off", "require". */
const char *sandbox_mode_name(enum sandbox_mode mode);
bool sandbox_mode_parse(const char *text, enum sandbox_mode *ret_mode, GError **error);

/* What the variable says; SANDBOX_ON when it is not set. */
bool sandbox_mode_from_environment(enum sandbox_mode *ret_mode, GError **error);
