/* SPDX-License-Identifier: GPL-2.0-or-later */
/* way_out - binds the sockets that speak for the command to the interface and address chosen */
#pragma once

#include <stdbool.h>

#include "forwarder/frame.h"
#include "forwarder/policy.h"
#include "src/link_config.h"
#include "src/outbound.h"

/* Both must outlive whoever uses it. */
struct way_out {
	const struct link_config *link; /* the addresses: link_network.outbound */
	const struct outbound *outbound;
};

/*
 * Each binds a new socket before it is connected or sends, as --outbound of netns-run(1) wants it.
 * False with errno set (ENODEV, EADDRNOTAVAIL): interface or address are gone; the socket must not
 * be used then, as it would leave by another way.
 *
 * A stream's destination is known: to the host's own loopback no way leads through an interface, so
 * such a socket is left as it is.
 */
bool way_out_bind_stream(const struct way_out *way_out, int fd,
			 const struct ip_address *destination);
/* One of datagrams (also of ICMP) that speaks to any number of remotes of the family. */
bool way_out_bind_datagram(const struct way_out *way_out, int fd, sa_family_t family);

/*
 * What libslirp makes for a frame of the command; it has its address from libslirp's configuration.
 * False if it must not be used: also for TCP that a proxy has to carry.
 */
bool way_out_bind_stack_socket(const struct way_out *way_out, const struct policy *policy, int fd,
			       const struct frame *frame);
