/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger - what all ways through the forwarder write down of their flows, to be asked for */
#include "forwarder/ledger.h"

struct ledger {
	uint64_t last_id;
	struct name_table *names;
	struct port_tallies *tallies;
	const struct port_table *ports;
	const struct link_config *link;
};

struct ledger *ledger_new(void)
{
	struct ledger *ledger = g_new0(struct ledger, 1);

	ledger->names = name_table_new();
	ledger->tallies = port_tallies_new();
	return ledger;
}

void ledger_set_ports(struct ledger *ledger, const struct port_table *ports,
		      const struct link_config *link)
{
	ledger->ports = ports;
	ledger->link = link;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	name_table_free(ledger->names);
	port_tallies_free(ledger->tallies);
	g_free(ledger);
}

struct flow_identity ledger_begin(struct ledger *ledger, const struct flow_ends *ends,
				  bool is_incoming)
{
	return (struct flow_identity){
		.id = ++ledger->last_id,
		.since_us = g_get_monotonic_time(),
		.ends = *ends,
		.is_incoming = is_incoming,
	};
}

struct port_tally *ledger_open_rule(struct ledger *ledger, unsigned rule_id)
{
	if (ledger->ports)
		port_tallies_prune(ledger->tallies, port_table_rules(ledger->ports));
	return port_tally_open(port_tallies_obtain(ledger->tallies, rule_id));
}

static struct port_guest guest_of(const struct ledger *ledger, int protocol,
				  const struct ip_address *address, uint16_t port)
{
	const struct link_network *network = link_config_network(ledger->link, address->family);

	return (struct port_guest){
		.protocol = protocol,
		.address = address,
		.port = port,
		.is_own = ip_address_equal(address, &network->command),
	};
}

struct port_tally *ledger_open_guest(struct ledger *ledger, int protocol,
				     const struct ip_address *address, uint16_t port)
{
	if (!ledger->ports)
		return NULL;
	const struct port_guest guest = guest_of(ledger, protocol, address, port);
	const GArray *rules = port_table_rules(ledger->ports);
	port_tallies_prune(ledger->tallies, rules);
	return port_tally_open(port_tallies_find_guest(ledger->tallies, rules, &guest));
}

bool ledger_publishes(const struct ledger *ledger, int protocol, const struct ip_address *address,
		      uint16_t port)
{
	if (!ledger->ports)
		return false;
	const struct port_guest guest = guest_of(ledger, protocol, address, port);
	return port_tallies_has_guest(port_table_rules(ledger->ports), &guest);
}

const struct port_tally *ledger_tally(const struct ledger *ledger, unsigned rule_id)
{
	return port_tallies_get(ledger->tallies, rule_id);
}

struct name_table *ledger_names(const struct ledger *ledger)
{
	return ledger->names;
}
