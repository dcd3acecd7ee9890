/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capabilities - what a runtime asks for in runtimeConfig (CNI's CONVENTIONS.md) */
#pragma once

#include <stdbool.h>

#include "plugins/settings.h"
#include "src/json.h"

/*
 * Takes portMappings, ips, mac and bandwidth into settings; *ret_dns is what dns asks for as a
 * result has it, the caller's, and untouched if it asks for nothing. What cannot be done is an
 * error (CNI_UNSUPPORTED_FIELD), what is malformed another (of FAILURE).
 */
bool cni_capabilities_take(JsonObject *runtime_config, struct settings *settings,
			   JsonObject **ret_dns, GError **error);
