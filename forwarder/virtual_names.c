/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual_names - addresses that stand for names which only a proxy resolves */
#include "forwarder/virtual_names.h"

#include <string.h>

#include "src/egress_rule.h"

#define RANGE_V4 "198.18.0.0/15"
#define RANGE_V6 "fdd0:5a5c:1815::/64"
/* As many as IPv4 has; the same number is used in both. */
#define RANGE_SIZE (1U << 17)

/* How many make room at once, at least: what is in use is looked up for all of them. */
#define ROOM (VIRTUAL_NAMES_MAX / 16)

struct entry {
	uint32_t number;
	char *name;
	GList link; /* in names->queue */
	unsigned slot;
};

struct virtual_names {
	struct virtual_names_context context;
	struct ip_prefix ranges[2];
	bool is_usable[2];
	GHashTable *by_name;   /* char * in struct entry -> struct entry */
	GHashTable *by_number; /* its number -> the same */
	GQueue queue;	       /* used longest ago first */
	uint32_t next;
};

/* --- numbers and addresses --- */

/* All of a network of the link's own; of one that is the host's, what means something there. */
static bool is_taken(const struct link_network *network, const struct ip_prefix *range)
{
	const struct ip_address *const own[] = {&network->command, &network->gateway,
						&network->router, &network->dns, &network->host};

	if (!network->is_shared)
		return ip_prefix_overlaps(&network->prefix, range);
	for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
		if (ip_prefix_contains(range, own[i]))
			return true;
	return false;
}

static void choose_ranges(struct virtual_names *names)
{
	static const char *const texts[] = {RANGE_V4, RANGE_V6};
	const struct link_network *const networks[] = {&names->context.link->v4,
						       &names->context.link->v6};

	for (int i = 0; i < 2; i++) {
		ip_prefix_parse(texts[i], &names->ranges[i], NULL);
		names->is_usable[i] =
			networks[i]->enabled && !is_taken(networks[i], &names->ranges[i]);
	}
}

/* Programs have been seen to take the first and the last of 256 for no machine's. */
static bool is_number(uint32_t number)
{
	return (number & 0xff) != 0 && (number & 0xff) != 0xff;
}

/* False if it is of no range; *ret_number may be that of no name. */
static bool number_of(const struct virtual_names *names, const struct ip_address *address,
		      uint32_t *ret_number)
{
	uint32_t low;

	if (!names || !virtual_names_contain(names, address))
		return false;
	if (address->family == AF_INET) {
		*ret_number = ntohl(address->v4.s_addr) & (RANGE_SIZE - 1);
		return true;
	}
	memcpy(&low, address->bytes + 12, sizeof(low));
	*ret_number = memcmp(address->bytes + 8, "\0\0\0\0", 4) == 0 ? ntohl(low) : RANGE_SIZE;
	return true;
}

bool virtual_names_contain(const struct virtual_names *names, const struct ip_address *address)
{
	return names && ((names->is_usable[0] && ip_prefix_contains(&names->ranges[0], address)) ||
			 (names->is_usable[1] && ip_prefix_contains(&names->ranges[1], address)));
}

/* --- the table --- */

static struct entry *find_number(const struct virtual_names *names, uint32_t number)
{
	return g_hash_table_lookup(names->by_number, GUINT_TO_POINTER(number));
}

static void insert(struct virtual_names *names, uint32_t number, const char *name, unsigned slot)
{
	struct entry *entry = g_new0(struct entry, 1);

	*entry = (struct entry){.number = number, .name = g_strdup(name), .slot = slot};
	entry->link.data = entry;
	g_hash_table_insert(names->by_name, entry->name, entry);
	g_hash_table_insert(names->by_number, GUINT_TO_POINTER(number), entry);
	g_queue_push_tail_link(&names->queue, &entry->link);
}

static void drop(struct virtual_names *names, struct entry *entry)
{
	g_hash_table_remove(names->by_name, entry->name);
	g_hash_table_remove(names->by_number, GUINT_TO_POINTER(entry->number));
	g_queue_unlink(&names->queue, &entry->link);
	g_free(entry->name);
	g_free(entry);
}

static void touch(struct virtual_names *names, struct entry *entry)
{
	g_queue_unlink(&names->queue, &entry->link);
	g_queue_push_tail_link(&names->queue, &entry->link);
}

/* --- making room --- */

/* The numbers that connections lead to now. */
static GHashTable *numbers_in_use(const struct virtual_names *names)
{
	g_autofree struct flow_page *page = g_new(struct flow_page, 1);
	GHashTable *numbers = g_hash_table_new(NULL, NULL);
	uint64_t after = 0;

	do {
		uint32_t number;

		flow_page_init(page, after, FLOW_PAGE_MAX);
		names->context.list_flows(page, names->context.opaque);
		flow_page_finish(page);
		for (size_t i = 0; i < page->count; i++)
			if (number_of(names, &page->records[i].identity.ends.remote, &number))
				g_hash_table_add(numbers, GUINT_TO_POINTER(number));
		if (page->count > 0)
			after = page->records[page->count - 1].identity.id;
	} while (page->is_full);
	return numbers;
}

static void make_room(struct virtual_names *names)
{
	g_autoptr(GHashTable) used = numbers_in_use(names);
	unsigned n_left = ROOM;

	for (GList *link = names->queue.head, *next; link && n_left > 0; link = next) {
		struct entry *entry = link->data;
		next = link->next;
		if (g_hash_table_contains(used, GUINT_TO_POINTER(entry->number)))
			continue;
		memory_drop(names->context.memory, MEMORY_NAMES, entry->slot);
		drop(names, entry);
		n_left--;
	}
}

/* --- the memory --- */

/* A record is the number and then the name, without a NUL. */
static unsigned keep(const struct virtual_names *names, uint32_t number, const char *name)
{
	g_autoptr(GByteArray) record = g_byte_array_new();

	g_byte_array_append(record, (const uint8_t *)&number, sizeof(number));
	g_byte_array_append(record, (const uint8_t *)name, (guint)strlen(name));
	return memory_keep(names->context.memory, MEMORY_NAMES, record->data, record->len);
}

static void get_addresses(const struct virtual_names *names, uint32_t number,
			  struct ip_address ret_addresses[2])
{
	for (int i = 0; i < 2; i++)
		ret_addresses[i] = names->is_usable[i] ? ip_prefix_host(&names->ranges[i], number)
						       : (struct ip_address){0};
}

static bool on_record(unsigned slot, const uint8_t *record, size_t size, void *opaque)
{
	struct virtual_names *names = opaque;
	struct ip_address addresses[2];
	uint32_t number;

	if (size <= sizeof(number))
		return false;
	memcpy(&number, record, sizeof(number));
	g_autofree char *text =
		g_strndup((const char *)record + sizeof(number), size - sizeof(number));
	g_autofree char *name = egress_name_parse(text, NULL);
	if (!name || !g_str_equal(name, text) || number >= RANGE_SIZE || !is_number(number) ||
	    find_number(names, number) || g_hash_table_contains(names->by_name, name))
		return false;
	insert(names, number, name, slot);
	get_addresses(names, number, addresses);
	for (int i = 0; i < 2; i++)
		if (addresses[i].family)
			name_table_note(names->context.names, &addresses[i], name);
	return true;
}

/* Which of them were used lately nobody has written down. */
void virtual_names_recall(struct virtual_names *names)
{
	if (!names)
		return;
	memory_recall(names->context.memory, MEMORY_NAMES, on_record, names);
	uint64_t next = memory_number(names->context.memory, MEMORY_NAMES);
	if (next > 0)
		names->next = (uint32_t)(next % RANGE_SIZE);
}

/* --- life, and use --- */

struct virtual_names *virtual_names_new(const struct virtual_names_context *context)
{
	struct virtual_names *names = g_new0(struct virtual_names, 1);

	names->context = *context;
	choose_ranges(names);
	names->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	names->by_number = g_hash_table_new(NULL, NULL);
	names->next = (uint32_t)g_random_int_range(0, RANGE_SIZE);
	return names;
}

void virtual_names_free(struct virtual_names *names)
{
	if (!names)
		return;
	while (names->queue.head)
		drop(names, names->queue.head->data);
	g_hash_table_unref(names->by_name);
	g_hash_table_unref(names->by_number);
	g_free(names);
}

/* There is one: the range is larger than the table. */
static uint32_t next_number(struct virtual_names *names)
{
	uint32_t number;

	do {
		number = names->next;
		names->next = (names->next + 1) % RANGE_SIZE;
	} while (!is_number(number) || find_number(names, number));
	memory_set_number(names->context.memory, MEMORY_NAMES, names->next + (uint64_t)RANGE_SIZE);
	return number;
}

bool virtual_names_lend(struct virtual_names *names, const char *name,
			struct ip_address ret_addresses[2])
{
	struct entry *entry = g_hash_table_lookup(names->by_name, name);

	if (entry) {
		touch(names, entry);
		get_addresses(names, entry->number, ret_addresses);
		return true;
	}
	if (names->queue.length >= VIRTUAL_NAMES_MAX)
		make_room(names);
	if (names->queue.length >= VIRTUAL_NAMES_MAX)
		return false;
	uint32_t number = next_number(names);
	insert(names, number, name, keep(names, number, name));
	get_addresses(names, number, ret_addresses);
	return true;
}

const char *virtual_names_find(const struct virtual_names *names, const struct ip_address *address)
{
	uint32_t number;

	if (!number_of(names, address, &number))
		return NULL;
	const struct entry *entry = find_number(names, number);
	return entry ? entry->name : NULL;
}

const char *virtual_names_use(struct virtual_names *names, const struct ip_address *address)
{
	uint32_t number;

	if (!number_of(names, address, &number))
		return NULL;
	struct entry *entry = find_number(names, number);
	if (!entry)
		return NULL;
	touch(names, entry);
	return entry->name;
}

unsigned virtual_names_count(const struct virtual_names *names)
{
	return names->queue.length;
}
