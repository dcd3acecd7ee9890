/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_limit - frames before a limit of bandwidth: what counts of them, and whose turn it is */
#include "forwarder/frame_limit.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

size_t frame_limit_weight(const struct frame *frame)
{
	if (frame->kind != FRAME_IP)
		return frame->size > ETHER_HDR_LEN ? frame->size - ETHER_HDR_LEN : 0;
	/* A SYN opens something, an acknowledgement belongs to what has been counted. */
	if (frame->protocol == IPPROTO_TCP && frame->has_ports && !(frame->tcp_flags & TH_SYN))
		return frame->end - frame->payload_offset;
	return frame->end - frame->network_offset;
}

guint frame_limit_flow(const struct frame *frame)
{
	if (frame->kind != FRAME_IP)
		return 0;
	guint hash = ip_address_hash(&frame->source) * 31 + ip_address_hash(&frame->destination);

	hash = hash * 31 + frame->protocol;
	if (!frame->has_ports)
		return hash;
	return (hash * 31 + frame->source_port) * 31 + frame->destination_port;
}

bool frame_limit_hold(struct fair_queue *queue, const struct frame *frame, parcel_handler handler,
		      void *opaque)
{
	const struct parcel parcel = {
		.flow = frame_limit_flow(frame),
		.weight = frame_limit_weight(frame),
		.data = frame->data,
		.size = frame->size,
		.handler = handler,
		.opaque = opaque,
	};

	return fair_queue_hold(queue, &parcel);
}
