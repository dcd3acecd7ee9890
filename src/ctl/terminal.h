/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal - prints what others wrote without letting it steer the terminal */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/json.h"

/*
 * The text with every control and formatting character (escape sequences, bidirectional overrides)
 * and every byte that is not UTF-8 replaced. The caller owns the string.
 */
char *terminal_text(const char *text);

/*
 * The node as indented JSON with the same characters written as \u escapes, ended by a newline. The
 * caller owns the string.
 */
char *terminal_json(JsonNode *node);

/* The same in one line. */
char *terminal_json_line(JsonNode *node);

/* "512B", "1.5MiB": a size with the unit that keeps it short. The caller owns the string. */
char *terminal_size(guint64 bytes);

/*
 * Rows of cells (GStrv, all of the same length) as left-justified columns, each line ended by a
 * newline. Cells pass terminal_text(). The caller owns the string.
 */
char *terminal_table(const GPtrArray *rows);
