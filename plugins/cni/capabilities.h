/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capabilities - what a runtime asks for in runtimeConfig (CNI's CONVENTIONS.md) */
#pragma once

#include <stdbool.h>

#include "launcher/options_network.h"
#include "src/address.h"
#include "src/json.h"

/* What becomes no option. */
struct cni_wishes {
	struct ip_address command4, command6; /* the container's own address; unset: any */
	JsonObject *dns;		      /* as in a result; NULL: not asked for */
};

/* Frees what is in it. */
void cni_wishes_done(struct cni_wishes *wishes);

/*
 * Takes portMappings, ips, mac and dns into options and wishes. What cannot be done is an error
 * (CNI_UNSUPPORTED_FIELD), what is malformed another (of FAILURE).
 */
bool cni_capabilities_take(JsonObject *runtime_config, struct network_options *options,
			   struct cni_wishes *wishes, GError **error);

/*
 * Wishes for an address: "10.8.0.5", or with the prefix that the network then has ("10.8.0.5/24"),
 * unless options have one already.
 */
bool cni_capabilities_take_address(const char *text, struct network_options *options,
				   struct cni_wishes *wishes, GError **error);
