/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_tcp - connections that libslirp has towards the command, and we towards the host */
#include "forwarder/stack_tcp.h"

#include <netinet/tcp.h>

struct stack_tcp {
	const struct policy *policy;
	struct stack *stack;
	struct frame_flows *frame_flows;
	struct tcp_congestion congestion;
	struct outgoing *outgoing;
};

static bool on_connected(const uint8_t *syn, size_t size, int host_fd, void *opaque)
{
	const struct stack_tcp *tcp = opaque;
	struct frame frame;

	frame_parse(&frame, syn, size);
	frame_flows_note_from_command(tcp->frame_flows, &frame);
	return stack_connect(tcp->stack, &frame, host_fd);
}

struct stack_tcp *stack_tcp_new(const struct kernel_path_context *context, struct stack *stack,
				struct frame_flows *frame_flows, GError **error)
{
	static const int no_listeners[] = {-1, -1};

	struct stack_tcp *tcp = g_new0(struct stack_tcp, 1);

	tcp->policy = context->policy;
	tcp->stack = stack;
	tcp->frame_flows = frame_flows;
	tcp_congestion_find(&tcp->congestion);
	const struct outgoing_context outgoing = {
		.watch = context->watch,
		.tap = context->tap,
		.policy = context->policy,
		.way_out = context->way_out,
		.congestion = &tcp->congestion,
		.ledger = context->ledger,
		.virtual_names = context->virtual_names,
		.hand_over = on_connected,
		.opaque = tcp,
	};
	tcp->outgoing = outgoing_new(&outgoing, no_listeners, error);
	if (!tcp->outgoing)
		g_clear_pointer(&tcp, g_free);
	return tcp;
}

void stack_tcp_free(struct stack_tcp *tcp)
{
	if (!tcp)
		return;
	outgoing_free(tcp->outgoing);
	g_free(tcp);
}

bool stack_tcp_frame_from_tap(struct stack_tcp *tcp, const struct frame *frame)
{
	if (!tcp || frame->kind != FRAME_IP || frame->protocol != IPPROTO_TCP ||
	    !policy_is_outside(tcp->policy, &frame->destination))
		return false;
	return outgoing_segment_from_tap(tcp->outgoing, frame);
}

void stack_tcp_cut(struct stack_tcp *tcp, flow_judge may_go_on, void *opaque)
{
	if (tcp)
		outgoing_cut(tcp->outgoing, may_go_on, opaque);
}

void stack_tcp_list(const struct stack_tcp *tcp, struct flow_page *page)
{
	if (tcp)
		outgoing_list(tcp->outgoing, page);
}
