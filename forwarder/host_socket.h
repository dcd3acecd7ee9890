/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_socket - the host's sockets that ports are published with */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/port_binding.h"

/*
 * Makes the socket of a binding: for its protocol, host, interface and host port. It is for one
 * family alone (IPV6_V6ONLY, ipv6(7)); one of TCP listens. Fills in fd and, where the host port is
 * 0, a free one. False with errno set: bind(2)'s for a place that cannot be had, ENODEV where there
 * is no such interface, EPERM where only root may choose one (Linux before 5.7).
 */
bool host_socket_open(struct port_binding *binding);

/* What a socket is bound to. */
struct host_place {
	int protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	struct ip_address address;
	uint16_t port;
	bool is_dual; /* of IPv6, and takes IPv4 as well */
};

/*
 * Looks at a socket from elsewhere, which should be one that listens for TCP or is bound to a port
 * of UDP and not connected; makes it non-blocking and close-on-exec. Errors: ENOTSOCK,
 * EPROTONOSUPPORT, EINVAL.
 */
bool host_socket_inspect(int fd, struct host_place *ret_place, GError **error);

/* True if both descriptors lead to one socket. */
bool host_socket_is_same(int a, int b);

/*
 * Closes one that nobody shall use any more: connections that wait in its backlog are reset, and
 * no others come, even where a duplicate is still open.
 */
void host_socket_end(int fd);
