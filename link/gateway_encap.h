/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_encap - the way of encapsulated packets (VXLAN, Geneve) into the gateway's stack */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "link/netlink.h"

#define GATEWAY_ENCAP_IN  "encap0"
#define GATEWAY_ENCAP_OUT "encap1"

/*
 * Makes the veth pair of GATEWAY_ENCAP_IN and GATEWAY_ENCAP_OUT in the calling process's network
 * namespace, and brings it up: what is forwarded to the first arrives at the second, cut into
 * packets of at most mtu bytes, with all its checksums, also inner ones.
 */
bool gateway_encap_make(struct netlink *netlink, unsigned mtu, GError **error);
