/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_probe - finds a host port that nobody has bound */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"

/*
 * Finds a port (host order) of protocol IPPROTO_TCP or IPPROTO_UDP that is free right now at host
 * and, if also_ipv6, at [::] as far as the host has IPv6. It is not reserved. The error's code is
 * an errno value: EADDRINUSE when IPv4's choice was taken in IPv6 (try again), EADDRNOTAVAIL, ...
 */
bool port_probe_find_free(int protocol, const struct ip_address *host, bool also_ipv6,
			  uint16_t *ret_port, GError **error);
