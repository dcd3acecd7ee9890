/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unsupported - keys that cannot be obeyed: the error names them and their value */
#pragma once

#include <stdbool.h>

#include "launcher/json_reader.h"

/* The error CNI_UNSUPPORTED_FIELD about a member of place; details may be NULL. Returns false. */
bool cni_unsupported_refuse(const struct json_place *place, const char *key, const char *details,
			    GError **error);

/* Refuses the first member of place whose name is not in keys, which end with NULL. */
bool cni_unsupported_check(const struct json_place *place, const char *const *keys, GError **error);
