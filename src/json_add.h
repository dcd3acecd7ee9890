/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_add - members of the object that a JsonBuilder is at, in one call each */
#pragma once

#include <stdbool.h>

#include "src/address.h"
#include "src/json.h"

/* Each adds one member; name and value are copied. value of a string must be UTF-8. */
void json_add_string(JsonBuilder *builder, const char *name, const char *value);
void json_add_int(JsonBuilder *builder, const char *name, gint64 value);
void json_add_bool(JsonBuilder *builder, const char *name, bool value);
/* An unset address is "". */
void json_add_address(JsonBuilder *builder, const char *name, const struct ip_address *address);
