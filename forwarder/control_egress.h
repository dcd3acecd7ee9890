/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_egress - the control verbs of what may leave */
#pragma once

#include "forwarder/control.h"

/*
 * Each executes one request and returns the object that answers it, for the caller to free, or NULL
 * and an error; they work on context->egress. list tells the rules and how often each decided. The
 * others change all that they name or nothing, and cut the flows that may not go on, unless
 * "keep_flows"; add and remove answer with the rules that came or went.
 */
JsonNode *control_egress_list(const struct control_context *context, JsonObject *arguments,
			      GError **error);
JsonNode *control_egress_add(const struct control_context *context, JsonObject *arguments,
			     GError **error);
JsonNode *control_egress_remove(const struct control_context *context, JsonObject *arguments,
				GError **error);
JsonNode *control_egress_load(const struct control_context *context, JsonObject *arguments,
			      GError **error);
