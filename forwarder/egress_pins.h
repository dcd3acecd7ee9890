/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_pins - which names have led to an address, and until when that holds */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"
#include "src/json.h"

/*
 * How it works
 *
 * A pin is an address and the name that was asked for. The aliases on the way to it are kept for
 * rules that deny them. An expired pin opens nothing new, but stays for the flows that began by it
 * until it makes room: of more than EGRESS_PINS_MAX those go that were learnt longest ago.
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
	GList link;
};

struct egress_pins *egress_pins_new(void);
void egress_pins_free(struct egress_pins *pins);

/* Takes pin->names, copies the rest; renews a pin of the same address and question. */
void egress_pins_add(struct egress_pins *pins, const struct egress_pin *pin);

/* The pins of an address, chained by `next`, expired ones among them; NULL if there are none. */
const struct egress_pin *egress_pins_find(const struct egress_pins *pins,
					  const struct ip_address *address);

/* Expired ones among them. */
unsigned egress_pins_count(const struct egress_pins *pins);
