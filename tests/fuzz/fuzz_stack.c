/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_stack - frames of the command through policy.c and libslirp, on a host of no sockets
 *
 * The input is that of command.h. Whoever is connected says a few bytes and closes.
 */
#include <signal.h>
#include <string.h>

#include <glib.h>

#include "forwarder/frame.h"
#include "forwarder/policy.h"
#include "forwarder/stack.h"
#include "tests/fuzz/command.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/host.h"

#define FLAG_TURN 4 /* give libslirp a turn behind it */

struct fuzz {
	struct link_config link;
	struct policy *policy;
	struct stack *stack;
	struct command command;
	bool running;
};

static void on_frame_to_tap(const void *data, size_t size, void *opaque)
{
	command_take(&((struct fuzz *)opaque)->command, data, size);
}

static gboolean on_turn(gpointer data)
{
	*(bool *)data = false;
	return G_SOURCE_REMOVE;
}

static void take_turn(struct fuzz *fuzz)
{
	fuzz->running = true;
	g_idle_add_full(G_PRIORITY_HIGH, on_turn, &fuzz->running, NULL);
	stack_run(fuzz->stack, &fuzz->running);
}

/* tap.c puts fragments together, and ping.c takes ICMP to beyond the host. */
static bool is_for_stack(const struct fuzz *fuzz, const struct frame *frame)
{
	bool is_icmp = frame->protocol == IPPROTO_ICMP || frame->protocol == IPPROTO_ICMPV6;

	return frame->kind != FRAME_IP ||
	       (!frame->is_fragment &&
		!(is_icmp && policy_is_outside(fuzz->policy, &frame->destination)));
}

static void take_frame(struct fuzz *fuzz, const uint8_t *data, size_t size, unsigned flags)
{
	g_autofree uint8_t *copy = g_malloc(MAX(size, 1));
	struct frame frame;

	memcpy(copy, data, size);
	frame_parse(&frame, copy, size);
	command_correct(&fuzz->command, &frame, copy, flags);
	if (is_for_stack(fuzz, &frame) && policy_check_frame(fuzz->policy, &frame) == POLICY_PASS)
		stack_input(fuzz->stack, copy, size);
	if (flags & FLAG_TURN)
		take_turn(fuzz);
}

static void fuzz_init(struct fuzz *fuzz)
{
	const struct host_access access = {.all = true};
	const struct stack_options options = {
		.link = &fuzz->link, .send_frame_to_tap = on_frame_to_tap, .opaque = fuzz};
	struct ip_prefix prefix;

	*fuzz = (struct fuzz){
		.link = {.kind = LINK_TAP, .mtu = 1500, .mac = {{2, 0, 0, 0, 0, 0xaa}}}};
	ip_prefix_parse("10.0.2.0/24", &prefix, NULL);
	link_network_init(&fuzz->link.v4, &prefix);
	ip_prefix_parse("fd00::/64", &prefix, NULL);
	link_network_init(&fuzz->link.v6, &prefix);
	fuzz->policy = policy_new(&fuzz->link, &access);
	fuzz->stack = stack_new(&options, NULL);
	g_assert(fuzz->stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz;
	unsigned n_turns = 8;

	signal(SIGPIPE, SIG_IGN);
	host_begin(true);
	fuzz_init(&fuzz);
	for (size_t at = 0; at + 2 <= size;) {
		unsigned flags = data[at] >> 4;
		size_t length = ((size_t)data[at] & 15) << 8 | data[at + 1];

		at += 2;
		length = MIN(MIN(length, COMMAND_FRAME_MAX), size - at);
		n_turns++;
		take_frame(&fuzz, data + at, length, flags);
		at += length;
	}
	for (unsigned i = 0; i < n_turns; i++) {
		take_turn(&fuzz);
		host_wait(60);
	}
	stack_free(fuzz.stack);
	policy_free(fuzz.policy);
	host_end();
	return 0;
}
