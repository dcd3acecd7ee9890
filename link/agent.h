/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent - the process that stays in the gateway namespace and makes sockets there */
#pragma once

#include "link/gateway_removal.h"

/*
 * Serves requests (src/agent_protocol.h) on a SOCK_SEQPACKET socket until it closes or a request is
 * malformed, then removes the gateway's devices, unless removal is NULL, and returns. Keeps only
 * CAP_NET_ADMIN in its user namespace (for IP_TRANSPARENT), no descriptors but the socket and the
 * removal's, and only the system calls it needs.
 */
void agent_serve(int socket, const struct gateway_removal *removal);
