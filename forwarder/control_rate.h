/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_rate - the control verbs of bandwidth */
#pragma once

#include "forwarder/control.h"

/*
 * Each executes one request and returns the limits that hold then, for the caller to free, or NULL
 * and an error; they work on context->rates. set takes "in" and "out", each a text in the grammar
 * of src/rate.h; one that is absent stays as it is.
 */
JsonNode *control_rate_list(const struct control_context *context, JsonObject *arguments,
			    GError **error);
JsonNode *control_rate_set(const struct control_context *context, JsonObject *arguments,
			   GError **error);
