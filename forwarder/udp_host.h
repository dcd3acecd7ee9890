/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_host - the host's sockets of UDP mappings */
#pragma once

#include <stdint.h>

#include "src/address.h"

/*
 * A non-blocking socket that any remote may be spoken to with; the kernel gives it a port with its
 * first datagram. ICMP errors come back by its error queue (IP_RECVERR). -1 with errno set.
 */
int udp_host_open(sa_family_t family);

/*
 * The same, bound to a port of one family alone, and telling of each datagram which address was
 * asked (IP_PKTINFO). -1 with bind(2)'s errno.
 */
int udp_host_open_published(const struct ip_address *host, uint16_t port);
