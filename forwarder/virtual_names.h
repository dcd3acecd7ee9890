/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual_names - addresses that stand for names which only a proxy resolves */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "forwarder/flow_page.h"
#include "forwarder/memory.h"
#include "forwarder/name_table.h"
#include "src/address.h"
#include "src/link_config.h"

/*
 * How it works
 *
 * Where a proxy resolves names, nobody else is asked for them: each gets an address of either
 * family out of ranges that are nobody's (198.18.0.0/15, RFC 2544, and a unique local /64), and a
 * connection to such an address asks the proxy for the name. This is what Tor calls a virtual
 * address (AutomapHostsOnResolve) and others a fake IP.
 *
 * Addresses are given out in turn through the whole range, so that one that is forgotten leads to
 * nothing for a long time, and not to another name. Of more than VIRTUAL_NAMES_MAX names those that
 * were used longest ago are forgotten, but for those with connections. Names and the next address
 * are kept for the next forwarder (forwarder/memory.h); without a memory it begins at random.
 */
struct virtual_names;

#define VIRTUAL_NAMES_MAX MEMORY_SLOTS

/* What it works with; all must outlive it. */
struct virtual_names_context {
	const struct link_config *link;
	struct memory *memory;	  /* may be NULL */
	struct name_table *names; /* learns what was recalled */
	/* Adds all flows to a page: theirs are not forgotten. */
	void (*list_flows)(struct flow_page *page, void *opaque);
	void *opaque;
};

/* context is copied. */
struct virtual_names *virtual_names_new(const struct virtual_names_context *context);
/* What is kept stays. Accepts NULL. */
void virtual_names_free(struct virtual_names *names);

/* Takes what a forwarder before this one has given out. To be called once. Accepts NULL. */
void virtual_names_recall(struct virtual_names *names);

/*
 * The addresses of a name, which gets them now if it has none yet: of both families, unset where a
 * family is off or its range is the link's own. name is as egress_name_parse() has it. False if
 * there is no room, as all other names have connections.
 */
bool virtual_names_lend(struct virtual_names *names, const char *name,
			struct ip_address ret_addresses[2]);

/* Is it out of the ranges? names may be NULL: nothing is. */
bool virtual_names_contain(const struct virtual_names *names, const struct ip_address *address);

/*
 * The name that an address stands for; NULL for one that stands for none, also of the ranges. names
 * may be NULL. Good until the next call of virtual_names_lend().
 */
const char *virtual_names_find(const struct virtual_names *names, const struct ip_address *address);

/* The same for a connection that begins now: the name counts as used. */
const char *virtual_names_use(struct virtual_names *names, const struct ip_address *address);

/* How many there are. */
unsigned virtual_names_count(const struct virtual_names *names);
