/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signals - signals by their names (signal(7)) */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Parses "TERM", "SIGTERM" (in any case), "15", "RTMIN+1" or "RTMAX-1". A failure has a cure.
 */
bool signals_parse(const char *text, int *ret_number, GError **error);
