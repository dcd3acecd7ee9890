/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver - the resolver's address: what the command sends there, and whom it leads to */
#pragma once

#include <stdbool.h>

#include "forwarder/egress.h"
#include "forwarder/frame.h"
#include "forwarder/name_table.h"
#include "forwarder/notifier.h"
#include "forwarder/tap.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"
#include "src/handoff.h"
#include "src/json.h"

struct resolver;

/* What it works with; all must outlive it. */
struct resolver_context {
	struct watch *watch;
	struct notifier *notifier;
	struct tap *tap;
	const struct way_out *way_out;
	struct name_table *names;	     /* learns from the answers */
	struct egress *egress;		     /* may be NULL */
	struct virtual_names *virtual_names; /* may be NULL */
};

/* With the link, the servers and the names of start, which must outlive it. */
struct resolver *resolver_new(const struct resolver_context *context,
			      const struct handoff_start *start);
/* Accepts NULL. */
void resolver_free(struct resolver *resolver);

/*
 * Takes another text of a resolv.conf(5), and tells notifier, with the event "resolver-changed", if
 * it names other servers.
 */
void resolver_set(struct resolver *resolver, const char *text);

/*
 * Takes a frame that policy has let pass; false if it is none for the resolver's address, or not of
 * TCP or UDP.
 */
bool resolver_frame_from_tap(struct resolver *resolver, const struct frame *frame);

/* Adds the member "dns" to an object. */
void resolver_describe(const struct resolver *resolver, JsonBuilder *builder);
