/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_gate - which frames may pass between the command and libslirp, flow by flow */
#include "forwarder/frame_gate.h"

#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>

#include "forwarder/ip_frame.h"
#include "forwarder/reject.h"
#include "src/json_add.h"

/* Resets that wait for libslirp, at most: those of more connections wait for another segment. */
#define RESETS_MAX 1024

#define RESET_FRAME_SIZE (IP_FRAME_HEADERS_MAX + sizeof(struct tcphdr))

struct frame_gate {
	struct frame_gate_context context;
	struct frame_gate_stats stats;
	GQueue resets; /* of GBytes: frames for libslirp */
	guint idle;    /* source that hands them over, or 0 */
	rlim_t sockets_max;
};

/* A quarter is for control and name look-ups, and for what one turn of the loop adds. */
static rlim_t choose_sockets_max(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? RLIM_INFINITY
						    : limit.rlim_cur - limit.rlim_cur / 4;
}

struct frame_gate *frame_gate_new(const struct frame_gate_context *context)
{
	struct frame_gate *gate = g_new0(struct frame_gate, 1);

	gate->context = *context;
	gate->sockets_max = choose_sockets_max();
	return gate;
}

static void bytes_free(gpointer data)
{
	g_bytes_unref(data);
}

void frame_gate_free(struct frame_gate *gate)
{
	if (!gate)
		return;
	if (gate->idle)
		g_source_remove(gate->idle);
	g_queue_clear_full(&gate->resets, bytes_free);
	g_free(gate);
}

const struct frame_gate_stats *frame_gate_get_stats(const struct frame_gate *gate)
{
	return &gate->stats;
}

void frame_gate_describe(const struct frame_gate *gate, JsonBuilder *builder)
{
	json_add_int(builder, "frames_rejected", (gint64)gate->stats.rejected);
	json_add_int(builder, "frames_dropped", (gint64)gate->stats.dropped);
}

/* --- from the command --- */

/* A segment of a connection that nobody knows any more; no flow that begins. */
static bool is_stray(const struct frame *frame)
{
	return frame->has_ports && frame->protocol == IPPROTO_TCP &&
	       (frame->tcp_flags & (TH_SYN | TH_ACK)) != TH_SYN;
}

static enum policy_verdict check_stray(const struct frame_gate *gate, const struct frame *frame)
{
	const struct flow_ends ends = {.remote = frame->destination,
				       .remote_port = frame->destination_port};

	return policy_may_go_on(&ends, IPPROTO_TCP, gate->context.policy) ? POLICY_PASS
									  : POLICY_EGRESS;
}

static enum policy_verdict check(const struct frame_gate *gate, const struct frame *frame,
				 unsigned *ret_rule)
{
	const struct frame_gate_context *context = &gate->context;
	enum policy_verdict verdict = policy_check_frame(context->policy, frame);

	*ret_rule = 0;
	if (verdict == POLICY_REJECT && udp_peers_is_answer_from_tap(context->udp_peers, frame))
		verdict = POLICY_PASS;
	if (verdict != POLICY_PASS || egress_is_open(context->egress) ||
	    frame_flows_knows_from_command(context->flows, frame))
		return verdict;
	return is_stray(frame) ? check_stray(gate, frame)
			       : policy_check_egress(context->policy, frame, ret_rule);
}

static void note_denial(const struct frame_gate *gate, const struct frame *frame,
			enum policy_verdict verdict, unsigned rule)
{
	const struct frame_gate_context *context = &gate->context;
	const struct denied_flow flow = {
		.protocol = frame->protocol,
		.source = frame->source,
		.destination = frame->destination,
		.source_port = frame->has_ports ? frame->source_port : 0,
		.destination_port = frame->has_ports ? frame->destination_port : 0,
		.reason = verdict == POLICY_EGRESS ? DENIED_BY_EGRESS
						   : policy_explain_frame(context->policy, frame),
		.rule = rule,
		.name = name_table_find(ledger_names(context->ledger), &frame->destination),
	};

	if (flow.reason)
		denials_note(context->denials, &flow);
}

static void reject(struct frame_gate *gate, const struct frame *frame)
{
	uint8_t answer[REJECT_FRAME_SIZE];
	size_t size = reject_build(frame, REJECT_PROHIBITED, answer);

	gate->stats.rejected++;
	if (size)
		tap_write_frame(gate->context.tap, answer, size);
}

bool frame_gate_pass_from_command(struct frame_gate *gate, const struct frame *frame)
{
	unsigned rule;
	enum policy_verdict verdict = check(gate, frame, &rule);

	if (verdict == POLICY_PASS)
		return true;
	note_denial(gate, frame, verdict, rule);
	if (verdict == POLICY_DROP)
		gate->stats.dropped++;
	else
		reject(gate, frame);
	return false;
}

bool frame_gate_is_too_much(struct frame_gate *gate, const struct frame *frame)
{
	const struct frame_gate_context *context = &gate->context;

	if (!frame->has_ports || stack_count_polled(context->stack) < gate->sockets_max ||
	    frame_flows_knows_from_command(context->flows, frame))
		return false;
	gate->stats.dropped++;
	return true;
}

/* --- from libslirp --- */

static gboolean on_idle(gpointer data)
{
	struct frame_gate *gate = data;
	GBytes *frame;

	gate->idle = 0;
	while ((frame = g_queue_pop_head(&gate->resets))) {
		gsize size;
		const uint8_t *bytes = g_bytes_get_data(frame, &size);

		stack_input(gate->context.stack, bytes, size);
		g_bytes_unref(frame);
	}
	return G_SOURCE_REMOVE;
}

/* The answer that the command would give to a segment of no connection. */
static void reset_stack_later(struct frame_gate *gate, const struct frame *frame)
{
	uint8_t answer[REJECT_FRAME_SIZE];
	size_t size = reject_build(frame, REJECT_REFUSED, answer);

	if (size == 0 || gate->resets.length >= RESETS_MAX)
		return;
	g_queue_push_tail(&gate->resets, g_bytes_new(answer, size));
	if (!gate->idle)
		gate->idle = g_idle_add(on_idle, gate);
}

/* The ends that matter here: whom the command would answer. */
static bool may_be_answered(const struct frame_gate *gate, const struct frame *frame)
{
	const struct flow_ends ends = {.remote = frame->source, .remote_port = frame->source_port};

	return policy_may_go_on(&ends, frame->protocol, gate->context.policy);
}

/*
 * What a client of a published port begins. libslirp's socket for its datagrams is that of this end
 * inside; those of the command's own addresses and ports are for whom it may answer.
 */
static bool is_from_client(const struct frame_gate *gate, const struct frame *frame)
{
	bool begins = frame->protocol != IPPROTO_TCP ||
		      (frame->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN;

	return begins && ledger_publishes(gate->context.ledger, frame->protocol,
					  &frame->destination, frame->destination_port);
}

bool frame_gate_pass_to_command(struct frame_gate *gate, const struct frame *frame)
{
	const struct frame_gate_context *context = &gate->context;

	if (egress_is_open(context->egress) || frame->kind != FRAME_IP || !frame->has_ports ||
	    frame_flows_knows_to_command(context->flows, frame) || is_from_client(gate, frame) ||
	    may_be_answered(gate, frame))
		return true;
	gate->stats.dropped++;
	if (frame->protocol == IPPROTO_TCP)
		reset_stack_later(gate, frame);
	return false;
}

/* --- cutting --- */

static void on_reset_to_command(const uint8_t *frame, size_t size, void *opaque)
{
	const struct frame_gate *gate = opaque;

	tap_write_frame(gate->context.tap, frame, size);
}

static void reset_command(struct frame_gate *gate, const struct ip_packet *packet)
{
	ip_frame_to_command(gate->context.link, packet, on_reset_to_command, gate);
}

static void reset_stack(struct frame_gate *gate, const struct ip_packet *packet)
{
	uint8_t frame[RESET_FRAME_SIZE];
	size_t size = ip_frame_from_command(gate->context.link, packet, frame);

	stack_input(gate->context.stack, frame, size);
}

/* One side's view of a connection: its segments come from the first, with the next number. */
struct side {
	const struct ip_address *from, *to;
	uint16_t from_port, to_port;
	uint32_t next, next_of_other;
};

/* Fills in the segment that resets the other side, and the packet that has it. */
static void build_reset(const struct side *side, struct tcphdr *ret_reset,
			struct ip_packet *ret_packet)
{
	*ret_reset = (struct tcphdr){
		.source = htons(side->from_port),
		.dest = htons(side->to_port),
		.seq = htonl(side->next),
		.ack_seq = htonl(side->next_of_other),
		.doff = sizeof(*ret_reset) / 4,
		.rst = 1,
		.ack = 1,
	};
	*ret_packet = (struct ip_packet){
		.source = side->from,
		.destination = side->to,
		.protocol = IPPROTO_TCP,
		.data = (const uint8_t *)ret_reset,
		.data_size = sizeof(*ret_reset),
	};
	ret_reset->check = ip_frame_checksum(ret_packet);
}

static void on_cut(const struct frame_flows_cut *cut, void *opaque)
{
	struct frame_gate *gate = opaque;
	const struct flow_ends *ends = &cut->ends;
	const struct side command = {&ends->command,	     &ends->remote,
				     ends->command_port,     ends->remote_port,
				     cut->next_from_command, cut->next_to_command};
	const struct side remote = {&ends->remote,	  &ends->command,
				    ends->remote_port,	  ends->command_port,
				    cut->next_to_command, cut->next_from_command};
	struct ip_packet packet;
	struct tcphdr reset;

	if (cut->protocol != IPPROTO_TCP)
		return;
	build_reset(&remote, &reset, &packet);
	reset_command(gate, &packet);
	build_reset(&command, &reset, &packet);
	reset_stack(gate, &packet);
}

void frame_gate_cut(struct frame_gate *gate)
{
	frame_flows_cut(gate->context.flows, policy_may_go_on, gate->context.policy, on_cut, gate);
}
