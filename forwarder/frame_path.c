/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_path - the way of a frame between the TAP and whatever serves it */
#include "forwarder/frame_path.h"

#include "forwarder/frame_limit.h"

static void write_frame(const void *head G_GNUC_UNUSED, const uint8_t *data, size_t size,
			void *opaque)
{
	const struct frame_path *path = opaque;

	tap_write_frame(path->tap, data, size);
}

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
	if (!frame_limit_hold(limiter_queue(path->limiter, RATE_IN), &parsed, write_frame, path))
		tap_write_frame(path->tap, frame, size);
}

static void serve_frame(struct frame_path *path, const struct frame *frame)
{
	if (!frame_gate_pass_from_command(path->gate, frame) ||
	    resolver_frame_from_tap(path->resolver, frame) ||
	    kernel_path_frame_from_tap(path->kernel_path, frame) ||
	    stack_tcp_frame_from_tap(path->stack_tcp, frame) ||
	    frame_gate_is_too_much(path->gate, frame))
		return;
	frame_flows_note_from_command(path->flows, frame);
	if (ping_frame_from_tap(path->ping, frame))
		return;
	path->frame = frame;
	stack_input(path->stack, frame->data, frame->size);
	path->frame = NULL;
}

static void on_held_frame(const void *head G_GNUC_UNUSED, const uint8_t *data, size_t size,
			  void *opaque)
{
	struct frame frame;

	frame_parse(&frame, data, size);
	serve_frame(opaque, &frame);
}

void frame_path_from_tap(const uint8_t *data, size_t size, void *opaque)
{
	struct frame_path *path = opaque;
	struct frame frame;

	frame_parse(&frame, data, size);
	if (!frame_limit_hold(limiter_queue(path->limiter, RATE_OUT), &frame, on_held_frame, path))
		serve_frame(path, &frame);
}
