/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_pins - which names have led to an address, and until when that holds */
#include "forwarder/egress_pins.h"

/* An address with more names costs each flow to it more, and means no more. */
#define PINS_PER_ADDRESS 64

struct egress_pins {
	GHashTable *by_address; /* struct ip_address in the first pin -> that pin */
	GQueue queue;		/* learnt longest ago first */
};

struct egress_pins *egress_pins_new(void)
{
	struct egress_pins *pins = g_new0(struct egress_pins, 1);

	pins->by_address = g_hash_table_new(ip_address_hash, ip_address_equal_key);
	return pins;
}

static struct egress_pin *find(const struct egress_pins *pins, const struct ip_address *address)
{
	return g_hash_table_lookup(pins->by_address, address);
}

/* Makes head the first of its address's chain, NULL that there is none. */
static void set_chain(struct egress_pins *pins, const struct ip_address *address,
		      struct egress_pin *head)
{
	g_hash_table_remove(pins->by_address, address);
	if (head)
		g_hash_table_insert(pins->by_address, &head->address, head);
}

static void forget(struct egress_pins *pins, struct egress_pin *pin)
{
	struct egress_pin *head = find(pins, &pin->address);

	if (head == pin) {
		set_chain(pins, &pin->address, pin->next);
	} else {
		while (head->next != pin)
			head = head->next;
		head->next = pin->next;
	}
	g_queue_unlink(&pins->queue, &pin->link);
	g_strfreev(pin->names);
	g_free(pin);
}

void egress_pins_free(struct egress_pins *pins)
{
	if (!pins)
		return;
	while (pins->queue.head)
		forget(pins, pins->queue.head->data);
	g_hash_table_unref(pins->by_address);
	g_free(pins);
}

static void make_room(struct egress_pins *pins, const struct ip_address *address)
{
	struct egress_pin *last = find(pins, address);
	unsigned n = last ? 1 : 0;

	for (; last && last->next; last = last->next)
		n++;
	if (n >= PINS_PER_ADDRESS) {
		forget(pins, last);
		return;
	}
	if (pins->queue.length < EGRESS_PINS_MAX)
		return;
	/* The user's own names stay. */
	for (guint i = 0; i < pins->queue.length; i++) {
		struct egress_pin *oldest = pins->queue.head->data;
		if (!oldest->is_configured) {
			forget(pins, oldest);
			return;
		}
		g_queue_push_tail_link(&pins->queue, g_queue_pop_head_link(&pins->queue));
	}
}

static struct egress_pin *find_same(const struct egress_pins *pins, const struct egress_pin *like)
{
	struct egress_pin *pin = find(pins, &like->address);

	while (pin && !g_str_equal(pin->names[0], like->names[0]))
		pin = pin->next;
	return pin;
}

void egress_pins_add(struct egress_pins *pins, const struct egress_pin *new_pin)
{
	struct egress_pin *pin = find_same(pins, new_pin);

	if (pin) {
		/* A shorter answer does not end what an earlier one promised. */
		gint64 expires_us = MAX(pin->expires_us, new_pin->expires_us);

		g_strfreev(pin->names);
		pin->names = new_pin->names;
		pin->expires_us = expires_us;
		pin->is_configured |= new_pin->is_configured;
		g_queue_unlink(&pins->queue, &pin->link);
		g_queue_push_tail_link(&pins->queue, &pin->link);
		return;
	}
	make_room(pins, &new_pin->address);
	pin = g_memdup2(new_pin, sizeof(*new_pin));
	pin->next = find(pins, &pin->address);
	pin->link = (GList){.data = pin};
	set_chain(pins, &pin->address, pin);
	g_queue_push_tail_link(&pins->queue, &pin->link);
}

const struct egress_pin *egress_pins_find(const struct egress_pins *pins,
					  const struct ip_address *address)
{
	return find(pins, address);
}

unsigned egress_pins_count(const struct egress_pins *pins)
{
	return pins->queue.length;
}
