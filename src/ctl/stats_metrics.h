/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats_metrics - the stats of containers in Prometheus's text format */
#pragma once

#include "src/json.h"

/*
 * An exposition (text format 0.0.4): each family of metrics once, with a sample of each container
 * that has it, in base units. containers holds objects of stats_fetch() with "name" and, where
 * known, "link" and "started" (RFC 3339). The caller owns the text.
 */
char *stats_metrics_text(JsonArray *containers);
