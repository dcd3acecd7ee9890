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

struct cni_interface {
	struct mac_address mac;
	GArray *addresses; /* of struct ip_address; all that it has */
	GArray *routers;   /* of struct ip_address; of the default routes by it */
};

void cni_interface_init(struct cni_interface *interface);
void cni_interface_done(struct cni_interface *interface);

/*
 * Reads back what a result says of the interface ifname in sandbox. False, with an error, if there
 * is no such interface. cni_interface_init() before, cni_interface_done() in any case.
 */
bool cni_result_find(JsonObject *result, const char *ifname, const char *sandbox,
		     struct cni_interface *ret_interface, GError **error);
