/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_index - finds the first rule of a set that matches, however many there are */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "forwarder/egress_pins.h"
#include "src/egress_set.h"

/*
 * How it works
 *
 * Prefixes are in one hash table for each length that is in use, names in one for whole names and
 * one for their ends, each with the positions of its rules in the set. A question tries every
 * length and every end of a name, and takes the smallest position whose rule fits protocol and
 * port.
 */
struct egress_index;

/* set must outlive it, and not change. */
struct egress_index *egress_index_new(const struct egress_set *set);
void egress_index_free(struct egress_index *index);

struct egress_question {
	int protocol;
	struct ip_address address;
	bool has_port;
	uint16_t port;
	bool is_alias; /* the gateway's address, which stands for the host: of presets only @host
			  is about it, and no address opens it */
	/*
	 * The address stands for a name (forwarder/virtual_names.h), or did: no rule of addresses
	 * is about it. name is that, or NULL.
	 */
	bool is_virtual;
	const char *name;
	const struct egress_pin *pins; /* of the address, or NULL */
	gint64 now_us;		       /* pins that have expired are no more; G_MININT64: all are */
	/* Asked only if a rule depends on it. */
	bool (*is_of_host)(const struct ip_address *address, void *opaque);
	void *opaque;
};

/* The first rule that matches, or NULL: the default decides. */
const struct egress_rule *egress_index_find(const struct egress_index *index,
					    const struct egress_question *question);

/*
 * The same for a look-up. name is as egress_name_parse() has it; or, not is_host_name, any other in
 * lower case, escaped as RFC 1035 5.1 has it: no rule of names allows that one, but those that deny
 * what is below a name do.
 */
const struct egress_rule *egress_index_find_name(const struct egress_index *index, const char *name,
						 bool is_host_name);
