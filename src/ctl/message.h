/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message - the JSON of requests and replies, the same for forwarder and launcher */
#pragma once

#include <stddef.h>

#include <glib.h>

#include "src/json.h"

/* {"execute":verb,"arguments":arguments}; arguments may be NULL. The caller owns the text. */
char *message_request(const char *verb, JsonObject *arguments);

/* The object that text is; the caller owns it. NULL where it is none. */
JsonObject *message_parse(const char *text, size_t size);

/*
 * The object behind "return" of a reply from container; the caller owns it. NULL on error:
 * ECANCELED with the reply's own cause, cure and subject when the request was refused, EBADMSG for
 * a reply that is not of the protocol; reply may be NULL, which is such a one.
 */
JsonObject *message_result(JsonObject *reply, const char *container, GError **error);

/* The exit status that a refusal names in "error", else fallback. */
int message_refusal_status(JsonObject *reply, int fallback);

/* A member of that type; NULL, or fallback, where there is none. What is returned is object's. */
const char *message_string(JsonObject *object, const char *name);
JsonObject *message_object(JsonObject *object, const char *name);
gint64 message_int(JsonObject *object, const char *name, gint64 fallback);
