/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_memory - whatever a forwarder may have left to the next one */
#include <string.h>

#include <glib.h>

#include "forwarder/egress.h"
#include "forwarder/memory.h"
#include "forwarder/virtual_names.h"
#include "src/memory_file.h"
#include "tests/fuzz/fuzz.h"

/* A record of the input: its area, its size, and then its bytes. */
#define HEAD 3

static struct link_config container_link;

static int get_file(void)
{
	static int fd = -1;

	if (fd < 0) {
		struct ip_prefix prefix;

		memory_file_new(&fd, NULL);
		g_assert(fd >= 0 && ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
		link_network_init(&container_link.v4, &prefix);
		g_assert(ip_prefix_parse("fd00::/64", &prefix, NULL));
		link_network_init(&container_link.v6, &prefix);
	}
	return fd;
}

static bool on_old(unsigned slot, const uint8_t *record, size_t size, void *opaque)
{
	(void)slot, (void)record, (void)size, (void)opaque;
	return false;
}

static void leave(const uint8_t *data, size_t size)
{
	struct memory *memory = memory_new(get_file());

	g_assert(memory);
	for (int area = 0; area < MEMORY_N_AREAS; area++)
		memory_recall(memory, (enum memory_area)area, on_old, NULL);
	memory_set_number(memory, MEMORY_NAMES, size > 4 ? data[4] * 0x0123456789abcdefULL : 0);
	while (size > HEAD) {
		size_t length = MIN((size_t)(data[1] << 8 | data[2]), size - HEAD);

		memory_keep(memory, data[0] % MEMORY_N_AREAS, data + HEAD, length);
		data += HEAD + length;
		size -= HEAD + length;
	}
	memory_free(memory);
}

static void on_list_flows(struct flow_page *page, void *opaque)
{
	(void)page, (void)opaque;
}

static void check_closed(struct egress *egress, const char *address)
{
	struct egress_flow flow = {.protocol = IPPROTO_TCP, .has_port = true, .port = 443};
	unsigned rule;

	g_assert(ip_address_parse(address, &flow.destination, NULL));
	g_assert(!egress_check(egress, &flow, &rule));
}

static void recall_pins(struct memory *memory)
{
	const struct egress_context context = {.link = &container_link, .memory = memory};
	struct egress_set *set = egress_set_new();
	struct egress_stats stats;

	g_assert(egress_set_take_text(set, "allow *.test\nallow a.test\ndefault deny\n", NULL));
	struct egress *egress = egress_new(set, &context);
	egress_recall(egress);
	egress_get_stats(egress, &stats);
	g_assert(stats.pins <= MEMORY_SLOTS);
	check_closed(egress, "127.0.0.1");
	check_closed(egress, "169.254.169.254");
	check_closed(egress, "10.0.2.2");
	check_closed(egress, "192.168.1.1");
	egress_free(egress);
}

static void recall_names(struct memory *memory)
{
	struct name_table *table = name_table_new();
	const struct virtual_names_context context = {
		.link = &container_link,
		.memory = memory,
		.names = table,
		.list_flows = on_list_flows,
	};
	struct virtual_names *names = virtual_names_new(&context);
	struct ip_address addresses[2];

	virtual_names_recall(names);
	g_assert(virtual_names_count(names) <= VIRTUAL_NAMES_MAX);
	g_assert(virtual_names_lend(names, "new.test", addresses));
	for (int i = 0; i < 2; i++)
		g_assert(g_str_equal(virtual_names_find(names, &addresses[i]), "new.test"));
	virtual_names_free(names);
	name_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	leave(data, size);
	struct memory *memory = memory_new(get_file());
	recall_pins(memory);
	recall_names(memory);
	memory_free(memory);
	return 0;
}
