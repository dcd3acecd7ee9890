/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats_table - the stats of one container as lines for people */
#pragma once

#include "src/json.h"

/*
 * The main figures of what stats_fetch() returns, one a line, and the published ports below. What
 * is absent, or of another type, is left out. The caller owns the text.
 */
char *stats_table_text(JsonObject *stats);

/* The member at "a.b.c", or NULL. */
JsonNode *stats_find(JsonObject *object, const char *path);
