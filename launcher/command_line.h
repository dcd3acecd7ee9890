/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command_line - what netns-run and its relatives do with their options alike */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Parses *words, which begins with the program's name and of which the options are taken out. A
 * failure without a cure of its own gets the one to see program's --help.
 */
bool command_line_parse(GOptionContext *context, char ***words, const char *program,
			GError **error);
