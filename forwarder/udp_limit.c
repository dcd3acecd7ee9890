/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_limit - datagrams before a limit of bandwidth */
#include "forwarder/udp_limit.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>

/* What is kept beside the bytes. */
struct head {
	struct udp_limit_ends ends;
	size_t segment_size;
	udp_limit_handler handler;
};

static void on_parcel(const void *data, const uint8_t *bytes, size_t size, void *opaque)
{
	struct head head;

	memcpy(&head, data, sizeof(head));
	struct udp_message message = {
		.data = bytes,
		.size = size,
		.segment_size = head.segment_size,
	};
	head.handler(&head.ends, &message, opaque);
}

static size_t weight(const struct udp_limit_ends *ends, const struct udp_message *message)
{
	size_t header = ends->inner.address.family == AF_INET ? sizeof(struct iphdr)
							      : sizeof(struct ip6_hdr);

	return message->size + udp_message_datagrams(message) * (header + sizeof(struct udphdr));
}

size_t udp_limit_pass(const struct udp_limit *limit, const struct udp_limit_ends *ends,
		      const struct udp_message *messages, size_t n)
{
	struct head head = {.ends = *ends, .handler = limit->handler};
	struct parcel parcel = {
		.flow = udp_endpoint_hash(&ends->inner) * 31 + udp_endpoint_hash(&ends->remote),
		.head = &head,
		.head_size = sizeof(head),
		.handler = on_parcel,
		.opaque = limit->opaque,
	};
	size_t passed = 0;

	if (!limit->queue)
		return n;
	for (size_t i = 0; i < n; i++) {
		head.segment_size = messages[i].segment_size;
		parcel.weight = weight(ends, &messages[i]);
		parcel.data = messages[i].data;
		parcel.size = messages[i].size;
		/* Once one is held, those behind it are: they have a weight, and are of its flow.
		 */
		passed += !fair_queue_hold(limit->queue, &parcel);
	}
	return passed;
}
