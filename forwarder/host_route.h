/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_route - which addresses are the host's own */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/address.h"

/*
 * Asks the kernel's routing (rtnetlink(7), RTM_GETROUTE) each time: addresses come and go, and what
 * is local is more than what interfaces have. The socket is made once, and needs no other.
 */
struct host_route;

struct host_route *host_route_new(GError **error);
/* Accepts NULL. */
void host_route_free(struct host_route *route);

/*
 * True if what is sent to the address from here is delivered here. What cannot be found out is
 * said to be local: it is asked in order to protect the host.
 */
bool host_route_is_local(struct host_route *route, const struct ip_address *address);
