/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_pins - which names have led to an address, and until when that holds */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/memory.h"
#include "src/address.h"

/*
 * How it works
 *
 * A pin is an address and the name that was asked for. The aliases on the way to it are kept for
 * rules that deny them. An expired pin opens nothing new, but stays for the flows that began by it
 * until it makes room: of more than EGRESS_PINS_MAX those go that were learnt longest ago.
 *
 * They are kept for the next forwarder (forwarder/memory.h), but for the user's own names, which it
 * is told, and for one with more aliases than a record holds: without all of them it could open
 * what a rule denies.
 */
struct egress_pins;

#define EGRESS_PINS_MAX 8192
/* More aliases than that are no answer of an honest server. */
#define EGRESS_PIN_NAMES_MAX 16

struct egress_pin {
	struct ip_address address;
	char **names;	   /* NULL-terminated: the question's first, all as egress_name_parse() */
	gint64 expires_us; /* G_MAXINT64: never */
	bool is_inner;	   /* a private address */
	bool is_configured;
	/* private to egress_pins.c */
	struct egress_pin *next; /* of the same address */
	unsigned slot;		 /* of the memory, or 0 */
	GList link;
};

/* memory must outlive it, and may be NULL. */
struct egress_pins *egress_pins_new(struct memory *memory);
/* What is kept stays. */
void egress_pins_free(struct egress_pins *pins);

/* Takes pin->names, copies the rest; renews a pin of the same address and question. */
void egress_pins_add(struct egress_pins *pins, const struct egress_pin *pin);

/* Completes a pin that was read: all but names, address and expiry. False: it is to be forgotten.
 */
typedef bool (*egress_pins_judge)(struct egress_pin *pin, void *opaque);

/* Takes those that were kept by a forwarder before this one. To be called once. */
void egress_pins_recall(struct egress_pins *pins, egress_pins_judge judge, void *opaque);

/* The pins of an address, chained by `next`, expired ones among them; NULL if there are none. */
const struct egress_pin *egress_pins_find(const struct egress_pins *pins,
					  const struct ip_address *address);

/* Expired ones among them. */
unsigned egress_pins_count(const struct egress_pins *pins);
