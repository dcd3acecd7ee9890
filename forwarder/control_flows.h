/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_flows - the control verbs that tell of traffic: flows, stats */
#pragma once

#include "forwarder/control.h"

/*
 * flows: the next few flows behind the id `after`, at most `limit`. Answers {"flows":[...]} with
 * "next", the id to go on behind, where there are more.
 */
JsonNode *control_flows_list(const struct control_context *context, JsonObject *arguments,
			     GError **error);

/* stats: the sums, see traffic_report.h, and "ports" with what came in by each rule. */
JsonNode *control_flows_stats(const struct control_context *context, JsonObject *arguments,
			      GError **error);
