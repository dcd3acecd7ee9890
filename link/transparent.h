/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transparent - sockets that may have foreign addresses (IP_TRANSPARENT, ip(7)) */
#pragma once

/*
 * A non-blocking, close-on-exec socket of AF_INET or AF_INET6 (then IPv6 only) and SOCK_STREAM or
 * SOCK_DGRAM, with SO_REUSEADDR. Needs CAP_NET_ADMIN in the network namespace's user namespace.
 * Returns -1 with errno set on error.
 */
int transparent_socket(int family, int type);
