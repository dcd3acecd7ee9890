/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_path - the way of a frame between the TAP and whatever serves it */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame_flows.h"
#include "forwarder/frame_gate.h"
#include "forwarder/kernel_path.h"
#include "forwarder/ledger.h"
#include "forwarder/limiter.h"
#include "forwarder/ping.h"
#include "forwarder/resolver.h"
#include "forwarder/stack.h"
#include "forwarder/stack_tcp.h"
#include "forwarder/tap.h"
#include "forwarder/udp_peers.h"

/*
 * How it works
 *
 *   TAP ─▶ limiter ─▶ gate ─┬─ reject ─▶ TAP
 *                           ├─ resolver (TCP and UDP of its address) ─▶ name servers
 *                           ├─ kernel_path (TCP SYNs of a gateway link) ─▶ host sockets
 *                           ├─ ping (ICMP to beyond the host) ─▶ host sockets
 *                           └─ stack (libslirp) ─▶ host sockets
 *
 * What comes back passes the limiter last. Nothing here logs or exits: a hostile command must not
 * be able to make the forwarder do either.
 */

/* All that it works with; filled by its owner before the first frame comes. */
struct frame_path {
	struct tap *tap;
	struct limiter *limiter;
	struct frame_gate *gate;
	struct frame_flows *flows;
	struct udp_peers *udp_peers;
	struct ledger *ledger;
	struct resolver *resolver;
	struct kernel_path *kernel_path; /* or NULL */
	struct stack_tcp *stack_tcp;	 /* or NULL */
	struct ping *ping;
	struct stack *stack;
	const struct frame *frame; /* that the stack looks at, or NULL */
};

/* A frame of the command; path is a struct frame_path. */
void frame_path_from_tap(const uint8_t *data, size_t size, void *path);

/* A frame of the stack's, or an answer to a ping, to the command. */
void frame_path_to_tap(const void *frame, size_t size, void *path);
