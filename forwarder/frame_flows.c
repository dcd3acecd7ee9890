/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_flows - which flows pass through libslirp, as their frames tell */
#include "forwarder/frame_flows.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <time.h>

#include "forwarder/segment_numbers.h"

/*
 * How it works
 *
 *     SYN ─▶ CONNECTING ── SYN+ACK ─▶ ESTABLISHED ── FIN ─▶ CLOSING ── both FINs, 5 s ─▶ gone
 *
 * A TCP flow begins with a SYN of either side. One that is not known, because of an eviction or of
 * a RST that libslirp did not believe, begins again with data that libslirp sends: it sends none
 * without a connection. Datagrams begin a flow in either direction.
 *
 * All flows are in one queue in the order of last use. Time-outs differ, so it is searched for dead
 * flows when somebody asks; in between, each new flow looks whether the one that was idle longest
 * is dead. The flow of the last frame in each direction is remembered: bulk finds its flow without
 * the hash table.
 */

enum direction { FROM_COMMAND, TO_COMMAND, N_DIRECTIONS };

/* libslirp's own time-outs (udp.h, tcp_timer.h) in seconds. */
#define DATAGRAM_IDLE_S 240
#define DNS_IDLE_S	10
#define CONNECTING_S	75
#define CLOSED_S	5
#define DNS_PORT	53

/* Flows that an eviction passes over, at most. */
#define SECOND_TURNS 64

static const int protocol_numbers[] = {
	[FRAME_FLOWS_TCP] = IPPROTO_TCP,
	[FRAME_FLOWS_UDP] = IPPROTO_UDP,
	[FRAME_FLOWS_ICMP] = IPPROTO_ICMP,
};

struct frame_flow {
	struct flow_identity identity;
	uint8_t protocol; /* enum frame_flows_protocol */
	uint8_t state;	  /* enum flow_state */
	bool is_active[N_DIRECTIONS];
	bool has_fin[N_DIRECTIONS];
	bool is_adopted; /* seen when it had begun: nobody knows who began it */
	struct segment_numbers numbers;
	int64_t used_s;
	uint64_t bytes[N_DIRECTIONS];
	struct port_tally *tally;
	GList link;
};

struct frame_flows {
	struct ledger *ledger;
	int64_t (*now_s)(void);
	GHashTable *table; /* set of struct frame_flow, by ends and protocol */
	GQueue queue;	   /* idle longest first */
	struct frame_flow *last[N_DIRECTIONS];
	struct frame_flows_stats stats;
};

/* --- the table --- */

static guint flow_hash(gconstpointer key)
{
	const struct frame_flow *flow = key;

	return flow_ends_hash(&flow->identity.ends) + flow->protocol;
}

static gboolean flow_equal(gconstpointer a, gconstpointer b)
{
	const struct frame_flow *x = a, *y = b;

	return x->protocol == y->protocol && flow_ends_equal(&x->identity.ends, &y->identity.ends);
}

/* A clock that costs next to nothing: seconds are all that matters. */
static int64_t coarse_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

struct frame_flows *frame_flows_new(struct ledger *ledger, int64_t (*now_s)(void))
{
	struct frame_flows *flows = g_new0(struct frame_flows, 1);

	flows->ledger = ledger;
	flows->now_s = now_s ? now_s : coarse_now_s;
	flows->table = g_hash_table_new(flow_hash, flow_equal);
	return flows;
}

static void forget(struct frame_flows *flows, struct frame_flow *flow)
{
	for (int i = 0; i < N_DIRECTIONS; i++)
		if (flows->last[i] == flow)
			flows->last[i] = NULL;
	g_hash_table_remove(flows->table, flow);
	g_queue_unlink(&flows->queue, &flow->link);
	flows->stats.traffic[flow->protocol].active--;
	port_tally_close(flow->tally);
	g_free(flow);
}

void frame_flows_free(struct frame_flows *flows)
{
	if (!flows)
		return;
	while (flows->queue.head)
		forget(flows, flows->queue.head->data);
	g_hash_table_unref(flows->table);
	g_free(flows);
}

static int64_t longest_idle_s(const struct frame_flow *flow)
{
	if (flow->protocol != FRAME_FLOWS_TCP)
		return flow->identity.ends.remote_port == DNS_PORT ? DNS_IDLE_S : DATAGRAM_IDLE_S;
	if (flow->state == FLOW_CONNECTING)
		return CONNECTING_S;
	if (flow->has_fin[FROM_COMMAND] && flow->has_fin[TO_COMMAND])
		return CLOSED_S;
	return INT64_MAX;
}

static bool is_dead(const struct frame_flow *flow, int64_t time_s)
{
	return time_s - flow->used_s > longest_idle_s(flow);
}

/* A client of a published port began it. */
static bool is_of_client(const struct frame_flow *flow)
{
	return flow->tally && !flow->is_adopted;
}

/*
 * Those of clients have another turn: where the rules say nothing of them, nobody would know the
 * next segment.
 */
static struct frame_flow *choose_oldest(struct frame_flows *flows)
{
	for (unsigned i = 0; i < SECOND_TURNS; i++) {
		struct frame_flow *oldest = flows->queue.head->data;

		if (!is_of_client(oldest) || is_dead(oldest, flows->now_s()))
			return oldest;
		g_queue_unlink(&flows->queue, &oldest->link);
		g_queue_push_tail_link(&flows->queue, &oldest->link);
	}
	return flows->queue.head->data;
}

static void make_room(struct frame_flows *flows)
{
	struct frame_flow *oldest = flows->queue.head ? flows->queue.head->data : NULL;
	bool is_full = flows->queue.length >= FRAME_FLOWS_MAX;

	if (!oldest || (!is_full && !is_dead(oldest, flows->now_s())))
		return;
	oldest = choose_oldest(flows);
	flows->stats.evicted += !is_dead(oldest, flows->now_s());
	forget(flows, oldest);
}

static struct frame_flow *find(struct frame_flows *flows, const struct frame_flow *key,
			       enum direction direction)
{
	struct frame_flow *last = flows->last[direction];

	if (last && flow_equal(last, key))
		return last;
	return flows->last[direction] = g_hash_table_lookup(flows->table, key);
}

static struct frame_flow *begin(struct frame_flows *flows, const struct frame_flow *key,
				enum direction direction)
{
	const struct flow_ends *ends = &key->identity.ends;
	bool is_incoming = direction == TO_COMMAND;

	make_room(flows);
	struct frame_flow *flow = g_new0(struct frame_flow, 1);
	flow->identity = ledger_begin(flows->ledger, ends, is_incoming);
	flow->protocol = key->protocol;
	flow->link.data = flow;
	if (is_incoming && flow->protocol != FRAME_FLOWS_ICMP)
		flow->tally = ledger_open_guest(flows->ledger, protocol_numbers[flow->protocol],
						&ends->command, ends->command_port);
	g_hash_table_add(flows->table, flow);
	g_queue_push_tail_link(&flows->queue, &flow->link);
	flows->stats.traffic[flow->protocol].opened++;
	flows->stats.traffic[flow->protocol].active++;
	return flows->last[direction] = flow;
}

/* --- frames --- */

/* Requests and answers of ping(8): what libslirp carries of ICMP. */
static bool is_echo(const struct frame *frame)
{
	if (frame->transport_offset >= frame->end)
		return false;
	uint8_t type = frame->data[frame->transport_offset];
	if (frame->source.family == AF_INET)
		return type == ICMP_ECHO || type == ICMP_ECHOREPLY;
	return type == ICMP6_ECHO_REQUEST || type == ICMP6_ECHO_REPLY;
}

/* False for what is no flow: fragments, neighbour discovery, other protocols. */
static bool read_protocol(const struct frame *frame, uint8_t *ret_protocol)
{
	if (frame->kind != FRAME_IP)
		return false;
	if (frame->has_ports)
		*ret_protocol = frame->protocol == IPPROTO_TCP ? FRAME_FLOWS_TCP : FRAME_FLOWS_UDP;
	else if ((frame->protocol == IPPROTO_ICMP || frame->protocol == IPPROTO_ICMPV6) &&
		 !frame->is_fragment && is_echo(frame))
		*ret_protocol = FRAME_FLOWS_ICMP;
	else
		return false;
	return true;
}

static void read_ends(const struct frame *frame, enum direction direction,
		      struct flow_ends *ret_ends)
{
	bool is_out = direction == FROM_COMMAND;

	ret_ends->command = is_out ? frame->source : frame->destination;
	ret_ends->remote = is_out ? frame->destination : frame->source;
	ret_ends->command_port = is_out ? frame->source_port : frame->destination_port;
	ret_ends->remote_port = is_out ? frame->destination_port : frame->source_port;
}

/* May a segment of no known flow begin one? */
static bool begins_flow(const struct frame *frame, enum direction direction)
{
	if ((frame->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN)
		return true;
	return direction == TO_COMMAND && !(frame->tcp_flags & (TH_RST | TH_FIN | TH_SYN)) &&
	       frame->payload_offset < frame->end;
}

/* libslirp drops those of a connection that it makes itself until that is there (tcp_input()). */
static bool ends_flow(const struct frame_flow *flow, const struct frame *frame,
		      enum direction direction)
{
	if (!(frame->tcp_flags & TH_RST) || direction == TO_COMMAND)
		return frame->tcp_flags & TH_RST;
	return (flow->state != FLOW_CONNECTING || flow->identity.is_incoming) &&
	       segment_numbers_is_believed(&flow->numbers, frame);
}

/* The flow that the segment belongs to once it has been seen, or NULL: it has ended it. */
static struct frame_flow *follow_tcp(struct frame_flows *flows, const struct frame_flow *key,
				     const struct frame *frame, enum direction direction)
{
	struct frame_flow *flow = find(flows, key, direction);
	bool is_syn = (frame->tcp_flags & (TH_SYN | TH_ACK)) == TH_SYN;

	if (flow &&
	    (ends_flow(flow, frame, direction) || (is_syn && flow->state == FLOW_CLOSING))) {
		forget(flows, flow);
		flow = NULL;
	}
	if (!flow) {
		if (!begins_flow(frame, direction))
			return NULL;
		flow = begin(flows, key, direction);
		flow->state = is_syn ? FLOW_CONNECTING : FLOW_ESTABLISHED;
		flow->is_adopted = !is_syn;
		if (direction == FROM_COMMAND)
			segment_numbers_begin(&flow->numbers, frame);
	}
	if (direction == TO_COMMAND)
		segment_numbers_note_to_command(&flow->numbers, frame);
	if (flow->state == FLOW_CONNECTING && !is_syn && (frame->tcp_flags & TH_SYN))
		flow->state = FLOW_ESTABLISHED;
	if (frame->tcp_flags & TH_FIN) {
		flow->has_fin[direction] = true;
		flow->state = FLOW_CLOSING;
	}
	return flow;
}

static struct frame_flow *follow_datagram(struct frame_flows *flows, const struct frame_flow *key,
					  enum direction direction)
{
	struct frame_flow *flow = find(flows, key, direction);

	if (!flow)
		flow = begin(flows, key, direction);
	flow->is_active[direction] = true;
	flow->state = flow->is_active[FROM_COMMAND] && flow->is_active[TO_COMMAND]
			      ? FLOW_ANSWERED
			      : FLOW_UNANSWERED;
	return flow;
}

static void count(struct frame_flows_traffic *traffic, enum direction direction, uint64_t bytes)
{
	if (direction == FROM_COMMAND) {
		traffic->packets_from_command++;
		traffic->bytes_from_command += bytes;
	} else {
		traffic->packets_to_command++;
		traffic->bytes_to_command += bytes;
	}
}

static void use(struct frame_flows *flows, struct frame_flow *flow, enum direction direction,
		uint64_t bytes)
{
	flow->used_s = flows->now_s();
	flow->bytes[direction] += bytes;
	port_tally_count(flow->tally, direction == FROM_COMMAND ? bytes : 0,
			 direction == TO_COMMAND ? bytes : 0);
	if (flows->queue.tail != &flow->link) {
		g_queue_unlink(&flows->queue, &flow->link);
		g_queue_push_tail_link(&flows->queue, &flow->link);
	}
}

static struct frame_flow *note(struct frame_flows *flows, const struct frame *frame,
			       enum direction direction)
{
	struct frame_flow key, *flow;

	if (!read_protocol(frame, &key.protocol))
		return NULL;
	uint64_t bytes = frame->end - frame->payload_offset;
	read_ends(frame, direction, &key.identity.ends);
	count(&flows->stats.traffic[key.protocol], direction, bytes);
	if (key.protocol == FRAME_FLOWS_TCP)
		flow = follow_tcp(flows, &key, frame, direction);
	else
		flow = follow_datagram(flows, &key, direction);
	if (flow)
		use(flows, flow, direction, bytes);
	return flow;
}

void frame_flows_note_from_command(struct frame_flows *flows, const struct frame *frame)
{
	(void)note(flows, frame, FROM_COMMAND);
}

bool frame_flows_note_to_command(struct frame_flows *flows, const struct frame *frame)
{
	const struct frame_flow *flow = note(flows, frame, TO_COMMAND);

	return flow && flow->is_active[FROM_COMMAND];
}

/* --- knowing and cutting --- */

static bool knows(struct frame_flows *flows, const struct frame *frame, enum direction direction)
{
	struct frame_flow key;

	if (!frame->has_ports || (frame->tcp_flags & (TH_SYN | TH_ACK)) == TH_SYN ||
	    !read_protocol(frame, &key.protocol))
		return false;
	read_ends(frame, direction, &key.identity.ends);
	const struct frame_flow *flow = find(flows, &key, direction);
	/* What libslirp has forgotten begins anew. */
	return flow && !is_dead(flow, flows->now_s());
}

bool frame_flows_knows_from_command(struct frame_flows *flows, const struct frame *frame)
{
	return knows(flows, frame, FROM_COMMAND);
}

bool frame_flows_knows_to_command(struct frame_flows *flows, const struct frame *frame)
{
	return knows(flows, frame, TO_COMMAND);
}

void frame_flows_cut(struct frame_flows *flows, flow_judge may_go_on, void *judge,
		     frame_flows_cutter on_cut, void *opaque)
{
	for (GList *link = flows->queue.head, *next; link; link = next) {
		struct frame_flow *flow = link->data;
		const struct frame_flows_cut cut = {
			.ends = flow->identity.ends,
			.protocol = protocol_numbers[flow->protocol],
			.next_from_command = flow->numbers.received,
			.next_to_command = flow->numbers.next_to_command,
		};

		next = link->next;
		if (is_of_client(flow) || may_go_on(&cut.ends, cut.protocol, judge))
			continue;
		forget(flows, flow);
		on_cut(&cut, opaque);
	}
}

/* --- asked for --- */

static void expire(struct frame_flows *flows)
{
	int64_t time_s = flows->now_s();

	for (GList *link = flows->queue.head, *next; link; link = next) {
		next = link->next;
		if (is_dead(link->data, time_s))
			forget(flows, link->data);
	}
}

static void list_flow(const struct frame_flow *flow, struct flow_page *page)
{
	const struct flow_record record = {
		.identity = flow->identity,
		.protocol = protocol_numbers[flow->protocol],
		.state = flow->state,
		.bytes_from_command = flow->bytes[FROM_COMMAND],
		.bytes_to_command = flow->bytes[TO_COMMAND],
	};

	if (flow_page_wants(page, flow->identity.id))
		flow_page_add(page, &record);
}

void frame_flows_list(struct frame_flows *flows, struct flow_page *page)
{
	expire(flows);
	for (const GList *link = flows->queue.head; link; link = link->next)
		list_flow(link->data, page);
}

void frame_flows_get_stats(struct frame_flows *flows, struct frame_flows_stats *ret_stats)
{
	expire(flows);
	*ret_stats = flows->stats;
}
