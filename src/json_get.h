/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_get - members of objects from another version of ours */
#pragma once

#include <stdbool.h>

#include "src/json.h"

/* A member of another type counts as absent; what is absent is "", 0, false or NULL. */
const char *json_get_string(JsonObject *object, const char *name);
gint64 json_get_int(JsonObject *object, const char *name);
bool json_get_bool(JsonObject *object, const char *name);
JsonObject *json_get_object(JsonObject *object, const char *name);
JsonArray *json_get_array(JsonObject *object, const char *name);
