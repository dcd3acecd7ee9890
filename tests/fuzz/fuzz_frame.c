/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_frame - any frame from the command: parse, judge, and answer it */
#include <string.h>

#include <glib.h>

#include "forwarder/frame.h"
#include "forwarder/policy.h"
#include "forwarder/reject.h"
#include "tests/fuzz/fuzz.h"

static struct policy *make_policy(bool all)
{
	struct link_config link = {.kind = LINK_TAP, .mtu = 1500};
	struct host_access access = {.all = all,
				     .ports = g_array_new(FALSE, FALSE, sizeof(struct host_port))};
	const struct host_port port = {.protocol = IPPROTO_TCP, .port = 5432};
	struct ip_prefix prefix;

	ip_prefix_parse("10.0.2.0/24", &prefix, NULL);
	link_network_init(&link.v4, &prefix);
	ip_prefix_parse("fd00::/64", &prefix, NULL);
	link_network_init(&link.v6, &prefix);
	g_array_append_val(access.ports, port);
	struct policy *policy = policy_new(&link, &access);
	g_array_unref(access.ports);
	return policy;
}

/* What the other modules take for granted of a frame that was parsed. */
static void check_frame(const struct frame *frame)
{
	if (frame->kind != FRAME_IP)
		return;
	g_assert(frame->end <= frame->size);
	g_assert(frame->network_offset < frame->transport_offset);
	g_assert(frame->transport_offset <= frame->end);
	g_assert(!frame->has_ports || (frame->payload_offset > frame->transport_offset &&
				       frame->payload_offset <= frame->end));
}

/* An answer must be a frame that we can read ourselves, and that calls for no answer. */
static void check_reject(const struct frame *frame, enum reject_reason reason)
{
	g_autofree uint8_t *buffer = g_malloc(REJECT_FRAME_SIZE);
	struct frame answer;
	size_t size = reject_build(frame, reason, buffer);

	g_assert(size <= REJECT_FRAME_SIZE);
	if (!size)
		return;
	frame_parse(&answer, buffer, size);
	g_assert(answer.kind == FRAME_IP);
	g_assert(ip_address_equal(&answer.destination, &frame->source));
	g_autofree uint8_t *second = g_malloc(REJECT_FRAME_SIZE);
	g_assert(reject_build(&answer, reason, second) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame frame;

	frame_parse(&frame, data, size);
	check_frame(&frame);
	for (int all = 0; all < 2; all++) {
		struct policy *policy = make_policy(all);
		policy_check_frame(policy, &frame);
		policy_free(policy);
	}
	if (frame.kind != FRAME_IP)
		return 0;
	for (int reason = REJECT_REFUSED; reason <= REJECT_NET_UNREACHABLE; reason++)
		check_reject(&frame, (enum reject_reason)reason);
	return 0;
}
