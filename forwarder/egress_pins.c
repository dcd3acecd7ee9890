/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_pins - which names have led to an address, and until when that holds */
#include "forwarder/egress_pins.h"

#include <string.h>

#include "src/egress_rule.h"

/* An address with more names costs each flow to it more, and means no more. */
#define PINS_PER_ADDRESS 64

struct egress_pins {
	GHashTable *by_address; /* struct ip_address in the first pin -> that pin */
	GQueue queue;		/* learnt longest ago first */
	struct memory *memory;
};

struct egress_pins *egress_pins_new(struct memory *memory)
{
	struct egress_pins *pins = g_new0(struct egress_pins, 1);

	pins->memory = memory;
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

static void drop(struct egress_pins *pins, struct egress_pin *pin)
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

static void forget(struct egress_pins *pins, struct egress_pin *pin)
{
	memory_drop(pins->memory, MEMORY_PINS, pin->slot);
	drop(pins, pin);
}

void egress_pins_free(struct egress_pins *pins)
{
	if (!pins)
		return;
	while (pins->queue.head)
		drop(pins, pins->queue.head->data);
	g_hash_table_unref(pins->by_address);
	g_free(pins);
}

/* --- the memory --- */

/* What begins a record; the names follow, each with its NUL. */
struct record {
	gint64 expires_us;
	uint32_t family;
	uint8_t address[16];
};

/* Returns its size, 0 if it does not fit. */
static size_t write_record(const struct egress_pin *pin, uint8_t buffer[MEMORY_RECORD_MAX])
{
	struct record record = {.expires_us = pin->expires_us, .family = pin->address.family};
	size_t size = sizeof(record);

	memcpy(record.address, pin->address.bytes, sizeof(record.address));
	memcpy(buffer, &record, sizeof(record));
	for (char **name = pin->names; *name; name++) {
		size_t length = strlen(*name) + 1;

		if (length > MEMORY_RECORD_MAX - size)
			return 0;
		memcpy(buffer + size, *name, length);
		size += length;
	}
	return size;
}

static void keep(struct egress_pins *pins, struct egress_pin *pin)
{
	uint8_t buffer[MEMORY_RECORD_MAX];

	memory_drop(pins->memory, MEMORY_PINS, pin->slot);
	pin->slot = 0;
	if (!pin->is_configured)
		pin->slot =
			memory_keep(pins->memory, MEMORY_PINS, buffer, write_record(pin, buffer));
}

/* NULL if they are none. */
static char **read_names(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	if (size == 0 || data[size - 1] != '\0')
		return NULL;
	for (const char *at = (const char *)data; at < (const char *)data + size;
	     at += strlen(at) + 1) {
		g_autofree char *name = egress_name_parse(at, NULL);

		if (!name || !g_str_equal(name, at) || names->len == EGRESS_PIN_NAMES_MAX)
			return NULL;
		g_ptr_array_add(names, g_steal_pointer(&name));
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_steal(names, NULL);
}

static bool read_record(const uint8_t *data, size_t size, struct egress_pin *ret_pin)
{
	struct record record;

	if (size < sizeof(record))
		return false;
	memcpy(&record, data, sizeof(record));
	if (record.family != AF_INET && record.family != AF_INET6)
		return false;
	*ret_pin = (struct egress_pin){
		.address.family = (sa_family_t)record.family,
		.names = read_names(data + sizeof(record), size - sizeof(record)),
		.expires_us = record.expires_us,
	};
	memcpy(ret_pin->address.bytes, record.address, record.family == AF_INET ? 4 : 16);
	return ret_pin->names != NULL;
}

/* --- learning --- */

static void make_room(struct egress_pins *pins, const struct ip_address *address)
{
	struct egress_pin *last = NULL;
	unsigned n = 0;

	/* The user's own names stay, here and below. */
	for (struct egress_pin *pin = find(pins, address); pin; pin = pin->next, n++)
		if (!pin->is_configured)
			last = pin;
	if (n >= PINS_PER_ADDRESS && last) {
		forget(pins, last);
		return;
	}
	if (pins->queue.length < EGRESS_PINS_MAX)
		return;
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

/* Of an address and question that there is no pin of yet. */
static struct egress_pin *insert(struct egress_pins *pins, const struct egress_pin *new_pin)
{
	make_room(pins, &new_pin->address);
	struct egress_pin *pin = g_memdup2(new_pin, sizeof(*new_pin));
	pin->next = find(pins, &pin->address);
	pin->link = (GList){.data = pin};
	set_chain(pins, &pin->address, pin);
	g_queue_push_tail_link(&pins->queue, &pin->link);
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
		keep(pins, pin);
		return;
	}
	keep(pins, insert(pins, new_pin));
}

/* --- recalling --- */

/* Who takes what has been kept. */
struct recall {
	GPtrArray *found; /* of struct egress_pin */
	egress_pins_judge judge;
	void *opaque;
};

static bool on_record(unsigned slot, const uint8_t *data, size_t size, void *opaque)
{
	struct recall *recall = opaque;
	struct egress_pin pin;

	if (!read_record(data, size, &pin))
		return false;
	pin.slot = slot;
	if (recall->judge(&pin, recall->opaque)) {
		g_ptr_array_add(recall->found, g_memdup2(&pin, sizeof(pin)));
		return true;
	}
	g_strfreev(pin.names);
	return false;
}

static void take_back(struct egress_pins *pins, const struct egress_pin *pin)
{
	if (!find_same(pins, pin)) {
		insert(pins, pin);
		return;
	}
	memory_drop(pins->memory, MEMORY_PINS, pin->slot);
	g_strfreev(pin->names);
}

static int compare_expiry(gconstpointer a, gconstpointer b)
{
	const struct egress_pin *const *x = a, *const *y = b;

	return ((*x)->expires_us > (*y)->expires_us) - ((*x)->expires_us < (*y)->expires_us);
}

void egress_pins_recall(struct egress_pins *pins, egress_pins_judge judge, void *opaque)
{
	struct recall recall = {g_ptr_array_new_with_free_func(g_free), judge, opaque};

	memory_recall(pins->memory, MEMORY_PINS, on_record, &recall);
	/* In about the order in which they were learnt. */
	g_ptr_array_sort(recall.found, compare_expiry);
	for (guint i = 0; i < recall.found->len; i++)
		take_back(pins, recall.found->pdata[i]);
	g_ptr_array_unref(recall.found);
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
