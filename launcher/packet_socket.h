/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet_socket - a packet(7) socket of the container's network, for who captures */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/command.h"
#include "src/json.h"

/*
 * How it works
 *
 * {"execute":"packet-socket","arguments":{"cooked":BOOL}} on the launcher's socket gets
 * {"return":{}} with the socket, made by a process of the container that keeps CAP_NET_RAW whatever
 * the command has lost. It is of SOCK_RAW, or with `cooked` of SOCK_DGRAM (without the header of
 * the link layer), and bound to nothing: it receives nothing before its new owner binds it, which
 * needs no privilege, nor does anything else that is done to it (filter, ring, statistics). So a
 * filter is there before the first packet.
 */

/*
 * Makes the socket (close-on-exec). arguments are the request's. -1 on error: EINVAL for arguments
 * that are malformed, EPERM where the network is the host's.
 */
int packet_socket_open(const struct command *base, JsonObject *arguments, GError **error);
