/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handoff_link - the link in a start message (src/handoff.h) */
#pragma once

#include <stdbool.h>

#include "src/json.h"
#include "src/link_config.h"

/* Adds the member "link" to the object that builder has begun. */
void handoff_link_add(JsonBuilder *builder, const struct link_config *link);

/* Reads that member into a config of zeroes. EBADMSG: it is not there, or malformed. */
bool handoff_link_read(JsonObject *object, struct link_config *config, GError **error);
