/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_endpoint - an address and a port, as UDP's tables and control messages need them */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <glib.h>

#include "src/address.h"

/* port is in host byte order; scope is the interface of an IPv6 link-local address, else 0. */
struct udp_endpoint {
	struct ip_address address;
	uint16_t port;
	uint32_t scope;
};

/* For hash tables; an IPv4 address never equals an IPv6 one. */
bool udp_endpoint_equal(const struct udp_endpoint *a, const struct udp_endpoint *b);
guint udp_endpoint_hash(const struct udp_endpoint *endpoint);

/* From a sockaddr_in or sockaddr_in6; false for another family, the output untouched. */
bool udp_endpoint_from_sockaddr(const struct sockaddr *sockaddr, struct udp_endpoint *ret_endpoint);

/* Returns the sockaddr's length, 0 for an endpoint that is unset. */
socklen_t udp_endpoint_to_sockaddr(const struct udp_endpoint *endpoint,
				   struct sockaddr_storage *ret_sockaddr);
