/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_gate - which frames may pass between the command and libslirp, flow by flow */
#pragma once

#include <stdbool.h>

#include "forwarder/denials.h"
#include "forwarder/egress.h"
#include "forwarder/frame.h"
#include "forwarder/frame_flows.h"
#include "forwarder/ledger.h"
#include "forwarder/policy.h"
#include "forwarder/stack.h"
#include "forwarder/tap.h"
#include "forwarder/udp_peers.h"
#include "src/json.h"
#include "src/link_config.h"

/*
 * How it works
 *
 * policy.c judges what begins; a frame of a flow that goes on passes, whatever the rules of egress
 * say by now of its remote: answers to a published port's client, a connection to an address whose
 * name has expired. What goes on is what frame_flows.h has seen.
 *
 * When rules change, flows that they no longer let out are cut: forgotten, and of TCP both ends are
 * reset. Should one of them not believe it, its next segment belongs to no flow: then the rules
 * are asked, and it is reset by that segment's own numbers. To libslirp such a reset waits until it
 * is not in the middle of sending.
 *
 * libslirp takes datagrams from anybody at the port that a socket of the command's has. Those of
 * remotes that the command may not answer are dropped, so that no stranger can open a way out.
 */
struct frame_gate;

/* What it works with; all must outlive it. */
struct frame_gate_context {
	const struct link_config *link;
	struct policy *policy;
	struct egress *egress;
	struct denials *denials;
	struct frame_flows *flows;
	const struct udp_peers *udp_peers;
	const struct ledger *ledger;
	struct tap *tap;
	struct stack *stack;
};

/* context is copied. */
struct frame_gate *frame_gate_new(const struct frame_gate_context *context);
/* Accepts NULL. */
void frame_gate_free(struct frame_gate *gate);

/* A frame from the command. False: it must not pass, and has been answered where that is due. */
bool frame_gate_pass_from_command(struct frame_gate *gate, const struct frame *frame);

/*
 * True if a frame that has passed begins something new while libslirp has most of the descriptors
 * that there may be (RLIMIT_NOFILE). It is dropped, and counted: what matters is sent again.
 */
bool frame_gate_is_too_much(struct frame_gate *gate, const struct frame *frame);

/* A frame of libslirp's to the command. False: it must not get there. */
bool frame_gate_pass_to_command(struct frame_gate *gate, const struct frame *frame);

struct frame_gate_stats {
	uint64_t rejected, dropped; /* frames */
};

/* Counted since it was made. */
const struct frame_gate_stats *frame_gate_get_stats(const struct frame_gate *gate);
/* Adds them to an object. */
void frame_gate_describe(const struct frame_gate *gate, JsonBuilder *builder);

/* Cuts the flows that policy_may_go_on() is against. Not to be called by libslirp's own calls. */
void frame_gate_cut(struct frame_gate *gate);
