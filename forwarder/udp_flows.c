/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_flows - which UDP flows there are, and for how long */
#include "forwarder/udp_flows.h"

/*
 * How it works
 *
 *     first datagram ─▶ BRIEF ── third datagram of the mapping ─▶ LASTING
 *                         └── time-out, eviction ─▶ gone ◀──────────┘
 *
 * Each class is a queue in the order of last use. As all of a class have the same time-out, the
 * next one to expire is at its head, and so is the one to evict. Brief flows are evicted first: a
 * flood of questions must not cost a call that is on hold its host port.
 *
 * It is the mapping's datagrams that count, not the flow's: who asks three STUN servers once each
 * wants to keep the port that they named. Questions to DNS and NTP stay brief however many there
 * are.
 */

#define LASTING_DATAGRAMS 3
#define DNS_PORT	  53
#define NTP_PORT	  123
#define PROMOTED_REST_US  G_USEC_PER_SEC

enum { QUEUE_BRIEF, QUEUE_LASTING, N_QUEUES };

struct udp_flows {
	struct udp_limits limits;
	struct udp_flows_handlers handlers;
	GHashTable *mappings; /* set of struct udp_mapping: outgoing ones by inner endpoint */
	GHashTable *by_command, *by_host; /* sets of struct udp_flow */
	GQueue queues[N_QUEUES];	  /* of struct udp_flow, by last use */
	GQueue promoted;		  /* the same */
	uint64_t evicted;
};

const struct udp_limits udp_limits_default = {
	.max_flows = 4096,
	.max_promoted = 1024,
	.brief_s = 10,
	.idle_s = 120,
};

/* --- keys --- */

static guint mapping_hash(gconstpointer key)
{
	return udp_endpoint_hash(&((const struct udp_mapping *)key)->inner);
}

static gboolean mapping_equal(gconstpointer a, gconstpointer b)
{
	return udp_endpoint_equal(&((const struct udp_mapping *)a)->inner,
				  &((const struct udp_mapping *)b)->inner);
}

static guint command_hash(gconstpointer key)
{
	const struct udp_flow *flow = key;

	return udp_endpoint_hash(&flow->mapping->inner) * 31 + udp_endpoint_hash(&flow->remote);
}

static gboolean command_equal(gconstpointer a, gconstpointer b)
{
	const struct udp_flow *x = a, *y = b;

	return udp_endpoint_equal(&x->remote, &y->remote) &&
	       udp_endpoint_equal(&x->mapping->inner, &y->mapping->inner);
}

static guint host_hash(gconstpointer key)
{
	const struct udp_flow *flow = key;

	return g_direct_hash(flow->mapping) * 31 + udp_endpoint_hash(&flow->to_host.to);
}

static gboolean host_equal(gconstpointer a, gconstpointer b)
{
	const struct udp_flow *x = a, *y = b;

	return x->mapping == y->mapping && udp_endpoint_equal(&x->to_host.to, &y->to_host.to);
}

/* --- life --- */

struct udp_flows *udp_flows_new(const struct udp_limits *limits,
				const struct udp_flows_handlers *handlers)
{
	struct udp_flows *flows = g_new0(struct udp_flows, 1);

	flows->limits = *limits;
	flows->handlers = *handlers;
	flows->mappings = g_hash_table_new(mapping_hash, mapping_equal);
	flows->by_command = g_hash_table_new(command_hash, command_equal);
	flows->by_host = g_hash_table_new(host_hash, host_equal);
	return flows;
}

void udp_flows_free(struct udp_flows *flows)
{
	if (!flows)
		return;
	for (unsigned i = 0; i < N_QUEUES; i++)
		while (flows->queues[i].head)
			udp_flows_forget(flows, flows->queues[i].head->data);
	g_hash_table_unref(flows->mappings);
	g_hash_table_unref(flows->by_command);
	g_hash_table_unref(flows->by_host);
	g_free(flows);
}

struct udp_mapping *udp_flows_find_mapping(const struct udp_flows *flows,
					   const struct udp_endpoint *inner)
{
	const struct udp_mapping key = {.inner = *inner};

	return g_hash_table_lookup(flows->mappings, &key);
}

void udp_flows_add_mapping(struct udp_flows *flows, struct udp_mapping *mapping)
{
	g_hash_table_add(flows->mappings, mapping);
	udp_flows_hold_mapping(mapping);
}

void udp_flows_hold_mapping(struct udp_mapping *mapping)
{
	mapping->n_holders++;
}

void udp_flows_release_mapping(struct udp_flows *flows, struct udp_mapping *mapping)
{
	mapping->n_holders--;
	if (mapping->n_holders > 0 || mapping->is_published)
		return;
	g_hash_table_remove(flows->mappings, mapping);
	flows->handlers.mapping_ended(mapping, flows->handlers.opaque);
}

struct udp_flow *udp_flows_find_from_command(const struct udp_flows *flows,
					     const struct udp_endpoint *inner,
					     const struct udp_endpoint *remote)
{
	struct udp_mapping mapping = {.inner = *inner};
	const struct udp_flow key = {.mapping = &mapping, .remote = *remote};

	return g_hash_table_lookup(flows->by_command, &key);
}

struct udp_flow *udp_flows_find_from_host(const struct udp_flows *flows,
					  const struct udp_mapping *mapping,
					  const struct udp_endpoint *host)
{
	const struct udp_flow key = {
		.mapping = (struct udp_mapping *)mapping,
		.to_host.to = *host,
	};

	return g_hash_table_lookup(flows->by_host, &key);
}

struct udp_flow *udp_flows_add(struct udp_flows *flows, struct udp_mapping *mapping,
			       const struct udp_endpoint *remote, const struct udp_endpoint *host,
			       gint64 now_us)
{
	struct udp_flow *flow = g_new0(struct udp_flow, 1);

	udp_flows_hold_mapping(mapping);
	if (g_hash_table_size(flows->by_command) >= flows->limits.max_flows)
		udp_flows_evict(flows);
	flow->gateway.fd = -1;
	flow->mapping = mapping;
	flow->remote = *remote;
	flow->to_host.to = *host;
	flow->used_us = now_us;
	flow->queue = QUEUE_BRIEF;
	flow->link.data = flow->promoted_link.data = flow;
	g_queue_push_tail_link(&flows->queues[QUEUE_BRIEF], &flow->link);
	g_hash_table_add(flows->by_command, flow);
	g_hash_table_add(flows->by_host, flow);
	return flow;
}

void udp_flows_forget(struct udp_flows *flows, struct udp_flow *flow)
{
	udp_flows_set_promoted(flows, flow, false);
	g_queue_unlink(&flows->queues[flow->queue], &flow->link);
	g_hash_table_remove(flows->by_command, flow);
	g_hash_table_remove(flows->by_host, flow);
	flows->handlers.flow_ended(flow, flows->handlers.opaque);
	udp_flows_release_mapping(flows, flow->mapping);
	g_free(flow);
}

void udp_flows_forget_mapping(struct udp_flows *flows, const struct udp_mapping *mapping)
{
	for (unsigned i = 0; i < N_QUEUES; i++) {
		for (GList *link = flows->queues[i].head, *next; link; link = next) {
			struct udp_flow *flow = link->data;
			next = link->next;
			if (flow->mapping == mapping)
				udp_flows_forget(flows, flow);
		}
	}
}

void udp_flows_cut(struct udp_flows *flows, flow_judge may_go_on, void *opaque)
{
	for (unsigned i = 0; i < N_QUEUES; i++) {
		for (GList *link = flows->queues[i].head, *next; link; link = next) {
			struct udp_flow *flow = link->data;
			next = link->next;
			if (!flow->mapping->is_published &&
			    !may_go_on(&flow->identity.ends, IPPROTO_UDP, opaque))
				udp_flows_forget(flows, flow);
		}
	}
}

/* --- use --- */

static void move_to_tail(GQueue *from, GQueue *to, GList *link)
{
	g_queue_unlink(from, link);
	g_queue_push_tail_link(to, link);
}

static bool is_lasting(const struct udp_flow *flow)
{
	/* Strangers that the command does not answer must not push out those that it speaks to. */
	if (!flow->is_spoken_to)
		return false;
	if (!flow->mapping->is_published &&
	    (flow->remote.port == DNS_PORT || flow->remote.port == NTP_PORT))
		return false;
	return flow->mapping->is_published ? flow->datagrams >= LASTING_DATAGRAMS
					   : flow->mapping->datagrams >= LASTING_DATAGRAMS;
}

static void note(struct udp_flows *flows, struct udp_flow *flow, unsigned datagrams, gint64 now_us)
{
	unsigned queue = flow->queue;

	flow->datagrams += datagrams;
	flow->mapping->datagrams += datagrams;
	flow->used_us = now_us;
	if (queue == QUEUE_BRIEF && is_lasting(flow))
		flow->queue = QUEUE_LASTING;
	move_to_tail(&flows->queues[queue], &flows->queues[flow->queue], &flow->link);
	if (flow->is_promoted)
		move_to_tail(&flows->promoted, &flows->promoted, &flow->promoted_link);
}

void udp_flows_note_from_command(struct udp_flows *flows, struct udp_flow *flow, unsigned datagrams,
				 gint64 now_us)
{
	flow->is_spoken_to = true;
	note(flows, flow, datagrams, now_us);
}

void udp_flows_note_from_host(struct udp_flows *flows, struct udp_flow *flow, unsigned datagrams,
			      gint64 now_us)
{
	flow->is_heard = true;
	note(flows, flow, datagrams, now_us);
}

void udp_flow_count(struct udp_flow *flow, uint64_t from_command, uint64_t to_command)
{
	flow->bytes_from_command += from_command;
	flow->bytes_to_command += to_command;
	port_tally_count(flow->tally, from_command, to_command);
}

static void list_flow(const struct udp_flow *flow, struct flow_page *page)
{
	const struct flow_record record = {
		.identity = flow->identity,
		.protocol = IPPROTO_UDP,
		.state = flow->is_spoken_to && flow->is_heard ? FLOW_ANSWERED : FLOW_UNANSWERED,
		.bytes_from_command = flow->bytes_from_command,
		.bytes_to_command = flow->bytes_to_command,
	};

	if (flow_page_wants(page, flow->identity.id))
		flow_page_add(page, &record);
}

void udp_flows_list(const struct udp_flows *flows, struct flow_page *page)
{
	for (unsigned i = 0; i < N_QUEUES; i++)
		for (const GList *link = flows->queues[i].head; link; link = link->next)
			list_flow(link->data, page);
}

void udp_flows_set_promoted(struct udp_flows *flows, struct udp_flow *flow, bool is_promoted)
{
	if (flow->is_promoted == is_promoted)
		return;
	if (is_promoted)
		g_queue_push_tail_link(&flows->promoted, &flow->promoted_link);
	else
		g_queue_unlink(&flows->promoted, &flow->promoted_link);
	flow->is_promoted = is_promoted;
	flow->is_settled = false;
	flow->datagrams = 0;
}

bool udp_flows_make_room_to_promote(struct udp_flows *flows, gint64 now_us)
{
	if (flows->promoted.length < flows->limits.max_promoted)
		return true;
	if (!flows->promoted.head)
		return false;
	struct udp_flow *oldest = flows->promoted.head->data;
	/* More flows are busy than may be promoted: taking turns would only cost. */
	if (now_us - oldest->used_us < PROMOTED_REST_US)
		return false;
	flows->handlers.demote(oldest, flows->handlers.opaque);
	udp_flows_set_promoted(flows, oldest, false);
	return true;
}

bool udp_flows_evict(struct udp_flows *flows)
{
	for (unsigned i = 0; i < N_QUEUES; i++) {
		if (!flows->queues[i].head)
			continue;
		flows->evicted++;
		udp_flows_forget(flows, flows->queues[i].head->data);
		return true;
	}
	return false;
}

void udp_flows_expire(struct udp_flows *flows, gint64 now_us)
{
	const unsigned seconds[N_QUEUES] = {flows->limits.brief_s, flows->limits.idle_s};

	for (unsigned i = 0; i < N_QUEUES; i++) {
		gint64 limit_us = now_us - seconds[i] * G_USEC_PER_SEC;

		while (flows->queues[i].head &&
		       ((struct udp_flow *)flows->queues[i].head->data)->used_us <= limit_us)
			udp_flows_forget(flows, flows->queues[i].head->data);
	}
}

unsigned udp_flows_count(const struct udp_flows *flows)
{
	return g_hash_table_size(flows->by_command);
}

unsigned udp_flows_count_promoted(const struct udp_flows *flows)
{
	return flows->promoted.length;
}

uint64_t udp_flows_count_evicted(const struct udp_flows *flows)
{
	return flows->evicted;
}
