/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_nat - which flow a datagram belongs to: opens mappings and flows, by policy */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/denials.h"
#include "forwarder/ledger.h"
#include "forwarder/policy.h"
#include "forwarder/port_binding.h"
#include "forwarder/udp_flows.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"
#include "src/link_config.h"

struct udp_nat;

/* What it works with; all must outlive it. */
struct udp_nat_context {
	struct watch *watch;
	const struct policy *policy;
	struct denials *denials; /* or NULL */
	const struct link_config *link;
	const struct way_out *way_out;
	struct udp_limits limits;
	watch_handler on_host; /* for events of the mappings' host sockets */
	void *owner;	       /* of all mappings and flows */
	struct ledger *ledger;
};

struct udp_nat *udp_nat_new(const struct udp_nat_context *context);
void udp_nat_free(struct udp_nat *nat);

/*
 * The flow of a datagram from the command, which may be a new one. NULL when there is none: policy
 * forbids it, descriptors have run out. *ret_is_rejected tells whether the command should learn.
 */
struct udp_flow *udp_nat_flow_from_command(struct udp_nat *nat, const struct udp_endpoint *inner,
					   const struct udp_endpoint *remote,
					   bool *ret_is_rejected);

/* The flow of a datagram that came to a mapping's host socket, which may be a new one, or NULL. */
struct udp_flow *udp_nat_flow_from_host(struct udp_nat *nat, struct udp_mapping *mapping,
					const struct udp_endpoint *host);

/* See struct port_backend. A port's flows end with it. */
bool udp_nat_publish(struct udp_nat *nat, const struct port_binding *binding, GError **error);
void udp_nat_unpublish(struct udp_nat *nat, int fd);

/* The flows that there are, for all but opening them. */
struct udp_flows *udp_nat_flows(const struct udp_nat *nat);
/* Flows ever opened. */
uint64_t udp_nat_count_opened(const struct udp_nat *nat);
