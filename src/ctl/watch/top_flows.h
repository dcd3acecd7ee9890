/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_flows - the flows of a container, as its forwarder tells of them */
#pragma once

#include <glib.h>

#include "src/json.h"

/* How many flows there are; -1 where the forwarder does not tell. timeout is in milliseconds. */
gint64 top_flows_count(const char *container, int timeout);

/*
 * All of them (struct top_flow), with their processes; NULL where the forwarder does not tell. The
 * caller owns the array.
 */
GPtrArray *top_flows_fetch(const char *container, int timeout);

/* Those of an array as flows_fetch() gives; what is malformed is left out. */
GPtrArray *top_flows_parse(JsonArray *array);
