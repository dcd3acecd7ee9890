/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_path - the way of a frame between the TAP and whatever serves it */
#include "forwarder/frame_path.h"

void frame_path_to_tap(const void *frame, size_t size, void *opaque)
{
	struct frame_path *path = opaque;
	struct frame parsed;

	frame_parse(&parsed, frame, size);
	if (!frame_gate_pass_to_command(path->gate, &parsed))
		return;
	udp_peers_note_to_tap(path->udp_peers, &parsed);
	if (frame_flows_note_to_command(path->flows, &parsed))
		name_table_learn_from_frame(ledger_names(path->ledger), &parsed);
	tap_write_frame(path->tap, frame, size);
}

void frame_path_from_tap(const uint8_t *data, size_t size, void *opaque)
{
	struct frame_path *path = opaque;
	struct frame frame;

	frame_parse(&frame, data, size);
	if (!frame_gate_pass_from_command(path->gate, &frame) ||
	    resolver_frame_from_tap(path->resolver, &frame) ||
	    kernel_path_frame_from_tap(path->kernel_path, &frame) ||
	    stack_tcp_frame_from_tap(path->stack_tcp, &frame))
		return;
	frame_flows_note_from_command(path->flows, &frame);
	if (ping_frame_from_tap(path->ping, &frame))
		return;
	path->frame = &frame;
	stack_input(path->stack, data, size);
	path->frame = NULL;
}
