/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command - what frames of a fuzz target have right, as those of a real command have */
#include "tests/fuzz/command.h"

#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/checksum.h"

void command_take(struct command *command, const void *data, size_t size)
{
	struct tcphdr tcp;
	struct frame frame;

	frame_parse(&frame, data, size);
	g_assert(frame.kind != FRAME_MALFORMED);
	if (frame.kind != FRAME_IP || frame.protocol != IPPROTO_TCP || !frame.has_ports)
		return;
	memcpy(&tcp, frame.data + frame.transport_offset, sizeof(tcp));
	command->acknowledgement =
		ntohl(tcp.seq) + (uint32_t)(frame.end - frame.payload_offset) + tcp.syn + tcp.fin;
}

static void put_checksum(uint8_t *data, size_t size, size_t at, uint32_t sum)
{
	memset(data + at, 0, 2);
	uint16_t checksum = checksum_finish(checksum_add(sum, data, size));
	memcpy(data + at, &checksum, 2);
}

static void put_checksums(const struct frame *frame, uint8_t *data)
{
	bool v4 = frame->source.family == AF_INET;
	uint8_t *transport = data + frame->transport_offset;
	size_t size = frame->end - frame->transport_offset;
	uint32_t sum = frame->protocol + (uint32_t)size;

	if (v4)
		put_checksum(data + frame->network_offset,
			     frame->transport_offset - frame->network_offset,
			     offsetof(struct iphdr, check), 0);
	sum = checksum_add(sum, frame->source.bytes, v4 ? 4 : 16);
	sum = checksum_add(sum, frame->destination.bytes, v4 ? 4 : 16);
	if (frame->has_ports)
		put_checksum(transport, size, frame->protocol == IPPROTO_TCP ? 16 : 6, sum);
	else if (!frame->is_fragment && size >= 8)
		put_checksum(transport, size, 2, v4 ? 0 : sum);
}

void command_correct(const struct command *command, const struct frame *frame, uint8_t *data,
		     unsigned flags)
{
	uint32_t acknowledgement = htonl(command->acknowledgement);

	if (frame->kind != FRAME_IP)
		return;
	if (frame->protocol == IPPROTO_TCP && frame->has_ports && flags & COMMAND_ACKNOWLEDGE)
		memcpy(data + frame->transport_offset + offsetof(struct tcphdr, ack_seq),
		       &acknowledgement, sizeof(acknowledgement));
	if (flags & COMMAND_CHECKSUM)
		put_checksums(frame, data);
}
