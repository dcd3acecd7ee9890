/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_host - the host's sockets of UDP mappings */
#pragma once

#include <stdbool.h>

#include "forwarder/way_out.h"
#include "src/address.h"

/*
 * A non-blocking socket that any remote may be spoken to with; the kernel gives it a port with its
 * first datagram. It leaves the host by way_out. ICMP errors come back
 * by its error queue (IP_RECVERR). -1 with errno set.
 */
int udp_host_open(sa_family_t family, const struct way_out *way_out);

/*
 * Prepares the socket of a published port: errors as above, and each datagram tells which address
 * was asked (IP_PKTINFO). False with errno set.
 */
bool udp_host_prepare_published(int fd, sa_family_t family);
