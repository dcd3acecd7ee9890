/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy - may this packet leave the command's namespace? */
#pragma once

#include <stdbool.h>

#include "forwarder/egress.h"
#include "forwarder/flow.h"
#include "forwarder/frame.h"
#include "src/link_config.h"

struct policy;

enum policy_verdict {
	POLICY_PASS,
	POLICY_REJECT, /* answer with REJECT_PROHIBITED or, for TCP, a RST */
	POLICY_EGRESS, /* the same, by a rule of egress: what had begun before may go on */
	POLICY_DROP,   /* no answer: what nobody sends by accident */
};

/*
 * Copies what it needs. By default the host's loopback is closed by every address form: the
 * gateway's and resolver's aliases (but for DNS), loopback and unspecified addresses (see
 * ip_address_is_host_loopback()), broadcasts. access opens single ports or all at the gateway's
 * address.
 */
struct policy *policy_new(const struct link_config *link, const struct host_access *access);
void policy_free(struct policy *policy);

/* Asks egress, which must outlive policy, of what policy itself lets pass. NULL: of nothing. */
void policy_set_egress(struct policy *policy, struct egress *egress);

/* True while no rule of egress keeps anything in. */
bool policy_lets_all_out(const struct policy *policy);

/* From now on nothing but TCP leaves the host: the rest would not take the way of TCP, a proxy. */
void policy_only_tcp(struct policy *policy);

/* A whole frame from the command. */
enum policy_verdict policy_check_frame(const struct policy *policy, const struct frame *frame);

/* True for what is neither the host's own, by whatever address, nor on the link. */
bool policy_is_outside(const struct policy *policy, const struct ip_address *destination);

/*
 * A frame that policy_check_frame() lets pass, by the rules of egress: POLICY_PASS or
 * POLICY_EGRESS. *ret_rule is what egress_check() says.
 */
enum policy_verdict policy_check_egress(const struct policy *policy, const struct frame *frame,
					unsigned *ret_rule);

/*
 * One flow by its destination, for paths without frames; by the rules of egress, too. protocol is
 * IPPROTO_TCP or IPPROTO_UDP.
 */
enum policy_verdict policy_check_flow(const struct policy *policy, int protocol,
				      const struct ip_address *destination, uint16_t port,
				      unsigned *ret_rule);

/*
 * May a flow that the command began go on, now that the rules of egress have changed? A flow_judge
 * of a struct policy.
 */
bool policy_may_go_on(const struct flow_ends *ends, int protocol, void *policy);

/*
 * Why a flow is not permitted, as a symbol: "host-loopback", "host-port" (closed at the gateway's
 * address), "host-address", "not-dns" (at the resolver's), "source" (the command has no such
 * address), "proxy" (it cannot carry that), "nobody" (there is none at the destination). NULL for
 * what nobody meant to be a flow: broadcast, multicast, what is no IP.
 */
const char *policy_explain_frame(const struct policy *policy, const struct frame *frame);
/* See above, for policy_check_flow(). */
const char *policy_explain_flow(const struct policy *policy, const struct ip_address *destination);

/*
 * Where on the host a permitted flow really goes: the gateway's alias is the host's loopback, the
 * host's the command's address there, everything else itself. False for the resolver's alias, which
 * leads to resolver.h alone.
 */
bool policy_translate(const struct policy *policy, const struct ip_address *destination,
		      uint16_t port, struct sockaddr_storage *ret_sockaddr);
