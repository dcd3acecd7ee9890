/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_network - by which interface, address and router the host reaches the world */
#pragma once

#include <net/if.h>
#include <stdbool.h>

#include <glib.h>

#include "src/address.h"

/* One family's. */
struct host_network {
	char ifname[IFNAMSIZ];
	struct ip_address address; /* the interface's first one of global scope */
	unsigned length;	   /* of its prefix, in bits */
	struct ip_address router;  /* of the default route; unset: it has none */
};

/*
 * Looks at the calling process's network namespace: for the interface of the default route with the
 * lowest metric or, with ifname, for that interface, which may have no such route. family is
 * AF_INET or AF_INET6. ENOENT: there is no such route, or no address (rtnetlink(7)).
 */
bool host_network_find(int family, const char *ifname, struct host_network *ret_network,
		       GError **error);
