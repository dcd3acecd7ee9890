/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_reply - the shape of an answer on the control socket */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "src/json.h"

/* A builder inside of a first object, and its end: the caller owns what both return. */
JsonBuilder *control_reply_begin(void);
JsonNode *control_reply_finish(JsonBuilder *builder);

/*
 * {"return":result}, one line without its end, for the caller to free. Takes result, an object.
 * is_flat: result's members stand beside "return", too.
 */
char *control_reply_return(JsonNode *result, bool is_flat);

/* {"error":{"desc":CAUSE,"code":SYMBOL,"cure":CURE,"subject":SUBJECT}}; but "desc" if it has them.
 */
char *control_reply_error(const GError *error);

/* The reply to a request that is larger than the server takes; the caller owns it. */
char *control_reply_too_large(void);

/* The reply to a client that has to make room for another; the caller owns it. */
char *control_reply_too_many(void);
