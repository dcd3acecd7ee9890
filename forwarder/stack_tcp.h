/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_tcp - connections that libslirp has towards the command, and we towards the host */
#pragma once

#include <stdbool.h>

#include "forwarder/frame_flows.h"
#include "forwarder/kernel_path.h"
#include "forwarder/stack.h"

/*
 * How it works
 *
 * Where there is a proxy, a SYN to beyond the host does not go to libslirp, but to outgoing.c, as
 * on a gateway link. When the proxy has said yes, the SYN does go to libslirp, and the socket that
 * it makes for it is replaced by ours (stack_connect()). Else the command gets a RST or an ICMP
 * message, and libslirp never hears of it.
 */
struct stack_tcp;

/* For a way out with a proxy. All must outlive it; context is copied. */
struct stack_tcp *stack_tcp_new(const struct kernel_path_context *context, struct stack *stack,
				struct frame_flows *frame_flows, GError **error);
void stack_tcp_free(struct stack_tcp *tcp);

/* Takes a frame that policy has let pass; false if it is libslirp's. tcp may be NULL. */
bool stack_tcp_frame_from_tap(struct stack_tcp *tcp, const struct frame *frame);

/* Ends those that libslirp does not know yet and that may not go on. tcp may be NULL. */
void stack_tcp_cut(struct stack_tcp *tcp, flow_judge may_go_on, void *opaque);

/* Adds the connections that libslirp does not know yet to a page. tcp may be NULL. */
void stack_tcp_list(const struct stack_tcp *tcp, struct flow_page *page);
