/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbours - who is asked for on a shared network is answered for by us (ARP, NDP) */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame.h"
#include "src/link_config.h"

/* Room for every frame that is built here. */
#define NEIGHBOURS_FRAME_SIZE 86

/*
 * The family of a request for a neighbour's MAC address: AF_INET by ARP (RFC 826), AF_INET6 by NDP
 * (RFC 4861); AF_UNSPEC for every other frame.
 */
int neighbours_request_family(const struct frame *frame);

/*
 * Builds the answer into buffer: whatever the address, it is ours, because all that the command
 * sends comes to us. Returns its size, or 0 where the command asks whether somebody else has its
 * own address (RFC 5227, RFC 4862).
 */
size_t neighbours_answer(const struct link_config *link, const struct frame *request,
			 uint8_t *buffer);

/*
 * Builds an ARP reply or a neighbour advertisement that says what the command's MAC address is, to
 * whoever does not ask. Returns its size.
 */
size_t neighbours_announce(const struct link_config *link, int family,
			   const struct mac_address *mac, uint8_t *buffer);
