/* SPDX-License-Identifier: GPL-2.0-or-later */
/* denials - tells the launcher which flows policy has denied, at a bounded rate */
#pragma once

#include <stdint.h>

#include "forwarder/notifier.h"
#include "src/address.h"

/*
 * How it works
 *
 * Flows that differ in their source port alone are of one kind. The first of a kind becomes an
 * event at once; those that follow within a second are told of together, with their "count". Of
 * more than DENIALS_KINDS kinds within that second, the others are only counted: the next event has
 * their number as "suppressed".
 */
struct denials;

#define DENIALS_KINDS 10

/* The reason of what the rules of egress deny. */
#define DENIED_BY_EGRESS "egress"

struct denied_flow {
	uint8_t protocol; /* IPPROTO_* */
	struct ip_address source, destination;
	uint16_t source_port, destination_port; /* 0 where the protocol has none */
	const char *reason;			/* a symbol; a string that stays */
	unsigned rule; /* of the egress policy that denied it; 0: its default, or another reason */
	const char *name; /* of the destination, or NULL; is copied */
};

/* notifier must outlive it. */
struct denials *denials_new(struct notifier *notifier);
/* Tells what is left. Accepts NULL. */
void denials_free(struct denials *denials);

/* A flow, or another packet of it, was denied. denials may be NULL. */
void denials_note(struct denials *denials, const struct denied_flow *flow);

/* A name was not looked up: an event with "name", and "protocol" is "dns". denials may be NULL. */
void denials_note_name(struct denials *denials, const char *name, unsigned rule);
