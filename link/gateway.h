/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway - the namespace between the command and the TAP, where the kernel terminates TCP */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"

/* What the gateway hands to the forwarder; -1 where unset. */
struct gateway_fds {
	int tap;
	int tcp4, tcp6; /* transparent listeners; tcp6 is unset without config->v6 */
	int udp4, udp6; /* transparent sockets with IP_RECVORIGDSTADDR for the first datagram of a
			 * flow; udp6 is unset without config->v6 */
};

/*
 * Builds the gateway in the calling process's network namespace, whose user namespace the caller
 * must be root of: tap0, the veth pair uplink0 (here) and config->ifname (in command_netns, a
 * descriptor of that network namespace), addresses of neither, routes, rules, nftables. Needs
 * /proc. The command's device is up afterwards, but not configured; after a failure it does not
 * exist. See DESIGN.md 2.3. The error names the missing piece ("nf_tables has no tproxy").
 */
bool gateway_build(const struct link_config *config, int command_netns, struct gateway_fds *ret_fds,
		   GError **error);

/*
 * The same in three steps. gateway_prepare() needs no command. After gateway_connect() the
 * command's device is there and up, to be configured meanwhile. gateway_complete() does the rest.
 * Should one of the last two fail, the device is gone, and the descriptors remain the caller's.
 */
bool gateway_prepare(const struct link_config *config, struct gateway_fds *ret_fds, GError **error);
bool gateway_connect(const struct link_config *config, int command_netns, GError **error);
bool gateway_complete(const struct link_config *config, GError **error);

/* Closes all and marks them unset. */
void gateway_fds_close(struct gateway_fds *fds);
