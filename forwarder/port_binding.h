/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_binding - one published port of one family, as a link sees it */
#pragma once

#include <stdint.h>

#include "src/address.h"

/* host and guest have the same family; ports are in host byte order. */
struct port_binding {
	unsigned rule_id;
	int protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	/*
	 * A non-blocking socket of the host: bound, and if of TCP listening. It is the port
	 * table's, stays open until the port has been unpublished, and is what the port is known
	 * by.
	 */
	int fd;
	struct ip_address host, guest;
	uint16_t host_port, guest_port;
};
