/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress - may a flow leave the host, by the rules of this container? */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/denials.h"
#include "forwarder/memory.h"
#include "forwarder/virtual_names.h"
#include "src/egress_set.h"
#include "src/link_config.h"

/*
 * How it works
 *
 * policy.c asks, for every flow that begins, after its own rules. Rules of addresses are looked up
 * in forwarder/egress_index.h. Rules of names match what those names have led to in answers of our
 * own DNS server (forwarder/egress_pins.h): a pin holds for the answer's TTL, and for
 * egress_set.pin_seconds at least. Both take the same time for one rule and for a thousand.
 *
 * Whom a name leads to is decided by whoever owns the name. So it opens no private address, no
 * cloud's metadata and nothing of the host, unless the rule trusts the name, and then private ones
 * alone. Where a proxy resolves names, nobody here knows where they lead: rules of names decide.
 */
struct egress;

/* What it works with; all must outlive it. */
struct egress_context {
	const struct link_config *link;
	struct denials *denials; /* of names that may not be looked up; or NULL */
	struct memory *memory;	 /* what names have led to is kept there; or NULL */
	/* Addresses that are names to a proxy; or NULL. */
	const struct virtual_names *virtual_names;
	/* Is this an address of the host's? May be NULL: none is. */
	bool (*is_of_host)(const struct ip_address *address, void *opaque);
	gint64 (*now_us)(void); /* NULL: g_get_monotonic_time() */
	void *opaque;
};

/* Takes the set. context is copied. */
struct egress *egress_new(struct egress_set *set, const struct egress_context *context);
/* Accepts NULL. */
void egress_free(struct egress *egress);

/* The rules that hold, and another set in their place, which becomes egress's. */
const struct egress_set *egress_rules(const struct egress *egress);
void egress_replace(struct egress *egress, struct egress_set *set);

/* True if everything may leave: nothing else needs to be asked then. egress may be NULL. */
bool egress_is_open(const struct egress *egress);

/* --- for DNS --- */

/*
 * May this name be asked of a name server? Else the answer is REFUSED, and the question is audited
 * here. name is a host name as it was asked, in any case, with or without a dot at its end. A name
 * that no rule speaks of may be asked where all is allowed that is not denied. egress may be NULL.
 */
bool egress_may_look_up(struct egress *egress, const char *name);

/* One address of an answer. */
struct egress_answer {
	/* The name that was asked for, then each that an alias (CNAME) led to; at least one. */
	const char *const *names;
	size_t n_names;
	struct ip_address address;
	uint32_t ttl; /* in seconds */
	/* The name is the user's own (--add-host): it may lead anywhere, for ever. */
	bool is_configured;
};

/* To be called for each address before the answer is passed on. egress may be NULL. */
void egress_learn(struct egress *egress, const struct egress_answer *answer);

/* Takes what a forwarder before this one has learnt. To be called once. */
void egress_recall(struct egress *egress);

/* --- for policy --- */

struct egress_flow {
	int protocol; /* IPPROTO_*; ICMPv6 is taken for ICMP */
	struct ip_address destination;
	bool has_port; /* false: none, or it is not known, as of a fragment */
	uint16_t port;
};

/*
 * May a flow that begins leave? *ret_rule is the id of the rule that decided, 0 for the default.
 * egress may be NULL: all may.
 */
bool egress_check(struct egress *egress, const struct egress_flow *flow, unsigned *ret_rule);

/* May a flow that was let out go on under the rules of now? A pin that it began by still holds. */
bool egress_may_go_on(struct egress *egress, const struct egress_flow *flow);

struct egress_stats {
	uint64_t denied;   /* flows, or frames of none */
	uint64_t refused;  /* look-ups */
	uint64_t unpinned; /* addresses that names must not lead to */
	unsigned pins;	   /* now */
};

void egress_get_stats(const struct egress *egress, struct egress_stats *ret_stats);
/* How often a rule decided, 0 for the default, since it is there. */
uint64_t egress_count_hits(const struct egress *egress, unsigned rule_id);
