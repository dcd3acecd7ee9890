/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger - what all ways through the forwarder write down of their flows, to be asked for */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "forwarder/flow.h"
#include "forwarder/name_table.h"
#include "forwarder/port_tally.h"

/* Used in the main thread alone. */
struct ledger;

/* ports and link must outlive what asks for tallies; set them before the first flow comes in. */
struct ledger *ledger_new(void);
void ledger_set_ports(struct ledger *ledger, const struct port_table *ports,
		      const struct link_config *link);
void ledger_free(struct ledger *ledger);

/* A new flow that begins now. */
struct flow_identity ledger_begin(struct ledger *ledger, const struct flow_ends *ends,
				  bool is_incoming);

/*
 * The tally of a published rule that a new flow came in by, known by the rule's id or, NULL if none
 * does, by the end inside that it leads to. For the caller to close.
 */
struct port_tally *ledger_open_rule(struct ledger *ledger, unsigned rule_id);
struct port_tally *ledger_open_guest(struct ledger *ledger, int protocol,
				     const struct ip_address *address, uint16_t port);

/* Does a published port lead to this end inside now? */
bool ledger_publishes(const struct ledger *ledger, int protocol, const struct ip_address *address,
		      uint16_t port);

/* The tally of a rule, or NULL while nothing has come in by it. */
const struct port_tally *ledger_tally(const struct ledger *ledger, unsigned rule_id);

/* The names that are known; they stay the ledger's. */
struct name_table *ledger_names(const struct ledger *ledger);
