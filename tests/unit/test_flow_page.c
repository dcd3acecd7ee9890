/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_flow_page - pages of flows: complete, in order, whatever order they come in */
#include "forwarder/flow_page.h"

static void offer(struct flow_page *page, uint64_t id)
{
	const struct flow_record record = {.identity.id = id, .bytes_from_command = id * 2};

	if (flow_page_wants(page, id))
		flow_page_add(page, &record);
}

static void shuffle(uint64_t *ids, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t other = (size_t)g_test_rand_int_range(0, (gint32)i);
		uint64_t id = ids[i - 1];

		ids[i - 1] = ids[other];
		ids[other] = id;
	}
}

/* Reads all pages, each from flows in another order; the flows are seen once, by their ids. */
static void read_all(uint64_t *ids, size_t n, size_t limit)
{
	g_autofree struct flow_page *page = g_new(struct flow_page, 1);
	uint64_t after = 0;
	size_t seen = 0;

	do {
		shuffle(ids, n);
		flow_page_init(page, after, limit);
		for (size_t i = 0; i < n; i++)
			offer(page, ids[i]);
		flow_page_finish(page);
		for (size_t i = 0; i < page->count; i++) {
			g_assert_cmpuint(page->records[i].identity.id, ==, 3 * ++seen);
			g_assert_cmpuint(page->records[i].bytes_from_command, ==, 6 * seen);
			after = page->records[i].identity.id;
		}
	} while (page->is_full);
	g_assert_cmpuint(seen, ==, n);
}

static void test_pages(void)
{
	uint64_t ids[1000];

	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
		ids[i] = 3 * (i + 1);
	read_all(ids, 0, 10);
	read_all(ids, 1, 1);
	read_all(ids, 10, 10);
	read_all(ids, 11, 10);
	read_all(ids, 1000, 7);
}

static void test_limits(void)
{
	g_autofree struct flow_page *page = g_new(struct flow_page, 1);

	flow_page_init(page, 0, 0);
	g_assert_cmpuint(page->limit, ==, 1);
	flow_page_init(page, 0, SIZE_MAX);
	for (uint64_t id = 1; id <= FLOW_PAGE_MAX; id++)
		offer(page, id);
	g_assert_false(page->is_full);
	offer(page, 1000000);
	g_assert_true(page->is_full);
	g_assert_cmpuint(page->count, ==, FLOW_PAGE_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow_page/pages", test_pages);
	g_test_add_func("/flow_page/limits", test_limits);
	return g_test_run();
}
