/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segment_numbers - sequence numbers of a connection between the command and libslirp (RFC 9293) */
#include "forwarder/segment_numbers.h"

#include <netinet/tcp.h>
#include <string.h>

static struct tcphdr read_segment(const struct frame *frame)
{
	struct tcphdr segment;

	memcpy(&segment, frame->data + frame->transport_offset, sizeof(segment));
	return segment;
}

void segment_numbers_begin(struct segment_numbers *numbers, const struct frame *frame)
{
	numbers->received = numbers->edge = ntohl(read_segment(frame).seq) + 1;
}

void segment_numbers_note_to_command(struct segment_numbers *numbers, const struct frame *frame)
{
	const struct tcphdr segment = read_segment(frame);
	uint32_t next = ntohl(segment.seq) + (uint32_t)(frame->end - frame->payload_offset) +
			segment.syn + segment.fin;
	bool is_first = segment.syn || !numbers->next_to_command;

	/* A segment that is sent again does not move it back (3.4). */
	if (is_first || (int32_t)(next - numbers->next_to_command) > 0)
		numbers->next_to_command = next;
	if (segment.ack) {
		numbers->received = ntohl(segment.ack_seq);
		numbers->edge = numbers->received + ntohs(segment.window);
	}
}

bool segment_numbers_is_believed(const struct segment_numbers *numbers, const struct frame *frame)
{
	return (int32_t)(ntohl(read_segment(frame).seq) - numbers->edge) <= 0;
}
