/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_values - what single options of pasta(1) do to the whole */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/pasta/options.h"

/* Value is NULL for an option without one. False with pasta's own complaint. */
typedef bool (*option_taker)(struct pasta_options *options, const char *value, GError **error);

/* What takes the option of this long name; NULL if that has no effect here. */
option_taker option_values_find(const char *name);
