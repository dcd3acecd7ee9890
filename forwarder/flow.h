/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow - one connection, or exchange of datagrams, as it is told of */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"

/* Both ends as the command sees them; ports in host order, 0 where the protocol has none. */
struct flow_ends {
	struct ip_address command, remote;
	uint16_t command_port, remote_port;
};

/* For hash tables. */
guint flow_ends_hash(gconstpointer ends);
gboolean flow_ends_equal(gconstpointer a, gconstpointer b);

/* What stays the same from a flow's first packet to its end. */
struct flow_identity {
	uint64_t id;	 /* from 1 on; a later flow has a larger one */
	gint64 since_us; /* g_get_monotonic_time() */
	struct flow_ends ends;
	bool is_incoming; /* the remote end began it */
};

/* May a flow go on, whose protocol is IPPROTO_*? */
typedef bool (*flow_judge)(const struct flow_ends *ends, int protocol, void *opaque);

enum flow_state {
	FLOW_CONNECTING,
	FLOW_ESTABLISHED,
	FLOW_CLOSING,	 /* at least one side has ended its direction */
	FLOW_UNANSWERED, /* datagrams in one direction only */
	FLOW_ANSWERED,
};

/* "connecting", "established", ... */
const char *flow_state_name(enum flow_state state);

/* "tcp", "udp", "icmp", or "other". */
const char *flow_protocol_name(int protocol);

/* A flow at one moment. Bytes are payload, without headers of transport or network. */
struct flow_record {
	struct flow_identity identity;
	int protocol; /* IPPROTO_* */
	enum flow_state state;
	uint64_t bytes_from_command, bytes_to_command;
};
