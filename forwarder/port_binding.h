/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_binding - one published port of one family, as a link sees it */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/address.h"

/* Ports are in host byte order. */
struct port_binding {
	unsigned rule_id;
	int protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	/*
	 * A non-blocking socket of the host: bound, and if of TCP listening. It is the port
	 * table's, stays open until the port has been unpublished, and is what the port is known
	 * by.
	 */
	int fd;
	struct ip_address host;
	char interface[IFNAMSIZ]; /* that it is bound to; "": none */
	struct ip_address guest;  /* of host's family */
	/* Where IPv4 clients lead to that come to an IPv6 socket of both families; else unset. */
	struct ip_address guest_v4;
	uint16_t host_port, guest_port;
	unsigned proxy_version; /* of the PROXY protocol; 0: none */
	bool is_shared;		/* somebody else goes on with the socket: do not shut it down */
};
