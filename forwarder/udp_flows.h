/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_flows - which UDP flows there are, and for how long */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/flow_page.h"
#include "forwarder/port_tally.h"
#include "forwarder/udp_endpoint.h"
#include "forwarder/udp_io.h"
#include "forwarder/watch.h"

struct udp_flows;

/*
 * One endpoint of the command and the host socket that stands for it, whoever it speaks to (RFC
 * 4787 REQ-1). Of an outgoing one the host socket was made for its first datagram and lives as long
 * as its flows; of a published one it is bound to the published port.
 */
struct udp_mapping {
	struct watch_entry host; /* first: handlers cast */
	void *owner;
	struct udp_endpoint inner;
	bool is_published;
	unsigned n_holders; /* flows, and who called udp_flows_hold_mapping() */
	uint64_t datagrams; /* in both directions */
};

/* A mapping and one remote that the command speaks to through it. */
struct udp_flow {
	struct watch_entry gateway; /* first: handlers cast. The transparent socket if promoted */
	void *owner;
	struct udp_mapping *mapping;
	struct udp_endpoint remote;  /* as the command sees it */
	struct udp_route to_host;    /* to_host.to: as the host sees it */
	struct udp_route to_command; /* of the transparent socket */
	unsigned datagrams;	     /* since the flow began or lost its transparent socket */
	bool is_promoted;
	bool is_settled;   /* what came before the promotion has been read from elsewhere */
	bool is_spoken_to; /* the command has sent datagrams */
	bool is_heard;	   /* the remote has */
	uint64_t bytes_from_command, bytes_to_command;
	struct flow_identity identity;
	struct port_tally *tally; /* or NULL */
	/* private to udp_flows.c */
	unsigned queue;
	gint64 used_us;
	GList link, promoted_link;
};

struct udp_limits {
	unsigned max_flows;    /* at least 1 */
	unsigned max_promoted; /* flows with a transparent socket of their own */
	unsigned brief_s;      /* time-out of a question and its answer, and of DNS and NTP */
	unsigned idle_s;       /* of all others; RFC 4787 REQ-5 wants 120 */
};

extern const struct udp_limits udp_limits_default;

struct udp_flows_handlers {
	/* The flow is out of the table and about to be freed. */
	void (*flow_ended)(struct udp_flow *flow, void *opaque);
	/* Nobody holds an outgoing mapping any more; its memory becomes the handler's. */
	void (*mapping_ended)(struct udp_mapping *mapping, void *opaque);
	/* The flow has to give its transparent socket up for one that needs it more. */
	void (*demote)(struct udp_flow *flow, void *opaque);
	void *opaque;
};

/* Both arguments are copied. Times are microseconds of one clock of the caller's. */
struct udp_flows *udp_flows_new(const struct udp_limits *limits,
				const struct udp_flows_handlers *handlers);
/* Ends all flows. */
void udp_flows_free(struct udp_flows *flows);

/* The outgoing mapping of an endpoint of the command, or NULL. */
struct udp_mapping *udp_flows_find_mapping(const struct udp_flows *flows,
					   const struct udp_endpoint *inner);
/* Makes an outgoing mapping known, which its caller then holds. */
void udp_flows_add_mapping(struct udp_flows *flows, struct udp_mapping *mapping);
/* Keep a mapping while it is in use, whatever happens to its flows. */
void udp_flows_hold_mapping(struct udp_mapping *mapping);
void udp_flows_release_mapping(struct udp_flows *flows, struct udp_mapping *mapping);

/* By what the command sees. */
struct udp_flow *udp_flows_find_from_command(const struct udp_flows *flows,
					     const struct udp_endpoint *inner,
					     const struct udp_endpoint *remote);
/* By what the host sees. */
struct udp_flow *udp_flows_find_from_host(const struct udp_flows *flows,
					  const struct udp_mapping *mapping,
					  const struct udp_endpoint *host);

/*
 * Adds a flow that neither lookup finds. Where the table is full another makes room: the least
 * recently used of those that time out soon, or else of all.
 */
struct udp_flow *udp_flows_add(struct udp_flows *flows, struct udp_mapping *mapping,
			       const struct udp_endpoint *remote, const struct udp_endpoint *host,
			       gint64 now_us);
void udp_flows_forget(struct udp_flows *flows, struct udp_flow *flow);
/* Ends all flows of a mapping. */
void udp_flows_forget_mapping(struct udp_flows *flows, const struct udp_mapping *mapping);

/* Ends those that may not go on, but for those of published ports. */
void udp_flows_cut(struct udp_flows *flows, flow_judge may_go_on, void *opaque);

/* Counts datagrams of a flow; only those of the command make it last. */
void udp_flows_note_from_command(struct udp_flows *flows, struct udp_flow *flow, unsigned datagrams,
				 gint64 now_us);
void udp_flows_note_from_host(struct udp_flows *flows, struct udp_flow *flow, unsigned datagrams,
			      gint64 now_us);

/* Counts payload bytes of a flow, also for its port. */
void udp_flow_count(struct udp_flow *flow, uint64_t from_command, uint64_t to_command);

/* Adds the flows to a page. */
void udp_flows_list(const struct udp_flows *flows, struct flow_page *page);

/*
 * True if one more flow may be promoted; the least recently used one is demoted where the cap is
 * reached, unless that has been in use within the last second.
 */
bool udp_flows_make_room_to_promote(struct udp_flows *flows, gint64 now_us);
/* Notes that the flow now has, or no longer has, a transparent socket. */
void udp_flows_set_promoted(struct udp_flows *flows, struct udp_flow *flow, bool is_promoted);

/* Ends the flow that udp_flows_add() would; false if there is none. */
bool udp_flows_evict(struct udp_flows *flows);
/* Ends those whose time is over. */
void udp_flows_expire(struct udp_flows *flows, gint64 now_us);

unsigned udp_flows_count(const struct udp_flows *flows);
unsigned udp_flows_count_promoted(const struct udp_flows *flows);
/* Flows that made room for others since the start. */
uint64_t udp_flows_count_evicted(const struct udp_flows *flows);
