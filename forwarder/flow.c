/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow - one connection, or exchange of datagrams, as it is told of */
#include "forwarder/flow.h"

guint flow_ends_hash(gconstpointer key)
{
	const struct flow_ends *ends = key;

	return ip_address_hash(&ends->remote) * 31 + ends->command_port * 65599u +
	       ends->remote_port;
}

gboolean flow_ends_equal(gconstpointer a, gconstpointer b)
{
	const struct flow_ends *x = a, *y = b;

	return x->command_port == y->command_port && x->remote_port == y->remote_port &&
	       ip_address_equal(&x->command, &y->command) &&
	       ip_address_equal(&x->remote, &y->remote);
}

const char *flow_state_name(enum flow_state state)
{
	static const char *const names[] = {
		[FLOW_CONNECTING] = "connecting", [FLOW_ESTABLISHED] = "established",
		[FLOW_CLOSING] = "closing",	  [FLOW_UNANSWERED] = "unanswered",
		[FLOW_ANSWERED] = "answered",
	};

	return names[state];
}

const char *flow_protocol_name(int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return "icmp";
	default:
		return "other";
	}
}
