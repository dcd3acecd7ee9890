/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_links - devices, sysctls, routes and routing rules of the gateway namespace */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"

#define GATEWAY_TAP    "tap0"
#define GATEWAY_UPLINK "uplink0"
/* Packets with this mark are for the gateway itself, whatever their destination. */
#define GATEWAY_MARK 1

/*
 * Settles what is not about the veth pair: brings loopback and the existing GATEWAY_TAP up, and
 * makes the way of encapsulated packets (link/gateway_encap.h).
 */
bool gateway_links_prepare(const struct link_config *config, GError **error);

/*
 * Makes the veth pair GATEWAY_UPLINK (here) and config->ifname (in the network namespace
 * command_netns), and brings the command's end up. It has no addresses yet.
 */
bool gateway_links_connect(const struct link_config *config, int command_netns, GError **error);

/* Brings GATEWAY_UPLINK up, and routes everything to it but what carries GATEWAY_MARK. */
bool gateway_links_complete(const struct link_config *config, GError **error);

/* Removes the veth pair, if it is there, so that config->ifname can be made anew. */
void gateway_links_remove(void);
