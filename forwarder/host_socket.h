/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_socket - the host's sockets that ports are published with */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"

/*
 * A socket that is bound to one address of one family alone (IPV6_V6ONLY, ipv6(7)); one of TCP
 * listens. Port 0 is any free one. Non-blocking and close-on-exec; -1 with errno set, bind(2)'s for
 * a place that cannot be had.
 */
int host_socket_open(int protocol, const struct ip_address *address, uint16_t port);

/* What a socket is bound to. */
struct host_place {
	int protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	struct ip_address address;
	uint16_t port;
};

/*
 * Looks at a socket from elsewhere, which should be one that listens for TCP or is bound to a port
 * of UDP and not connected. Errors: ENOTSOCK, EPROTONOSUPPORT, EINVAL.
 */
bool host_socket_inspect(int fd, struct host_place *ret_place, GError **error);

/*
 * Closes one that nobody shall use any more: connections that wait in its backlog are reset, and
 * no others come, even where a duplicate is still open.
 */
void host_socket_end(int fd);
