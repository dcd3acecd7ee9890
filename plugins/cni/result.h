/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result - what ADD answers (CNI specification 1.1.0, section Success) */
#pragma once

#include "plugins/cni/config.h"
#include "src/link_config.h"

/*
 * The result for a link that has been made in the namespace at the path sandbox, in the version of
 * the configuration, added to what the plugins before this one have made.
 */
JsonNode *cni_result_make(const struct cni_config *config, const struct link_config *link,
			  const char *sandbox);

/*
 * Reads back what a result says of the interface ifname in sandbox: its MAC address and all of its
 * addresses (of struct ip_address). False, with an error, if there is no such interface.
 */
bool cni_result_find(JsonObject *result, const char *ifname, const char *sandbox,
		     struct mac_address *ret_mac, GArray *ret_addresses, GError **error);
