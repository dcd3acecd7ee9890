/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_command - datagrams and ICMP errors on their way to the command */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "forwarder/reject.h"
#include "forwarder/socket_pool.h"
#include "forwarder/tap.h"
#include "forwarder/udp_flows.h"
#include "forwarder/udp_frame.h"
#include "src/link_config.h"

/* What it works with. */
struct udp_command {
	const struct link_config *link;
	struct tap *tap;
	struct socket_pool *pool;
};

/*
 * Delivers messages of a flow: through its transparent socket, or as frames while it has none.
 * False when the command has refused earlier ones (ICMP port unreachable): nobody listens.
 */
bool udp_command_send(const struct udp_command *command, struct udp_flow *flow,
		      struct udp_message *messages, size_t n);

/* Answers a datagram of the command , of which the data may be cut off. */
void udp_command_reject(const struct udp_command *command, const struct udp_packet *packet,
			enum reject_reason reason);

/*
 * A transparent socket from the stock, bound to the remote and connected to the command, for a flow
 * to be promoted; -1 when there is none now.
 */
int udp_command_connect(const struct udp_command *command, const struct udp_flow *flow);
