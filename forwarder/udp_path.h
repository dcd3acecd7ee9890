/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_path - UDP of a gateway link, by the kernel's sockets on both sides */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "forwarder/denials.h"
#include "forwarder/limiter.h"
#include "forwarder/policy.h"
#include "forwarder/udp_command.h"
#include "forwarder/udp_nat.h"
#include "forwarder/watch.h"

struct udp_path;

/* What it works with; all must outlive it. */
struct udp_path_context {
	struct watch *watch;
	const struct policy *policy;
	struct denials *denials; /* or NULL */
	const struct way_out *way_out;
	struct udp_command command;
	struct udp_limits limits;
	struct ledger *ledger;
	struct limiter *limiter; /* or NULL */
};

struct udp_path_stats {
	unsigned flows, promoted;		  /* now */
	uint64_t opened, evicted;		  /* flows since the start */
	uint64_t to_host, to_command;		  /* datagrams */
	uint64_t bytes_to_host, bytes_to_command; /* of their payload */
	uint64_t rejected; /* datagrams that policy forbids; among those that were dropped */
	uint64_t dropped; /* datagrams that policy, a full buffer or a missing descriptor stopped */
};

/*
 * wildcards are the gateway's transparent sockets with original destinations (IPv4, IPv6; -1 where
 * a family is off), which become the path's.
 */
struct udp_path *udp_path_new(const struct udp_path_context *context, const int wildcards[2]);
void udp_path_free(struct udp_path *path);

/* Where ports are published. */
struct udp_nat *udp_path_nat(const struct udp_path *path);

/* Counters since the start, and what there is now. */
void udp_path_get_stats(const struct udp_path *path, struct udp_path_stats *ret_stats);
