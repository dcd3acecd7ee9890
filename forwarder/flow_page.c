/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow_page - of all flows the next few, in the order of their ids */
#include "forwarder/flow_page.h"

#include <stdlib.h>

/*
 * How it works
 *
 * While flows are added the records are a heap with the largest id on top: that one is replaced
 * when a smaller comes. Where flows come in the order of their ids, as they mostly do, one
 * comparison sends all away that are behind the page.
 */

void flow_page_init(struct flow_page *page, uint64_t after, size_t limit)
{
	page->after = after;
	page->limit = CLAMP(limit, 1, FLOW_PAGE_MAX);
	page->count = 0;
	page->is_full = false;
}

static uint64_t id_at(const struct flow_page *page, size_t index)
{
	return page->records[index].identity.id;
}

static void swap(struct flow_page *page, size_t a, size_t b)
{
	struct flow_record record = page->records[a];

	page->records[a] = page->records[b];
	page->records[b] = record;
}

static void sift_up(struct flow_page *page, size_t index)
{
	for (size_t parent; index > 0 && id_at(page, parent = (index - 1) / 2) < id_at(page, index);
	     index = parent)
		swap(page, parent, index);
}

static void sift_down(struct flow_page *page)
{
	for (size_t index = 0, child; (child = 2 * index + 1) < page->count; index = child) {
		if (child + 1 < page->count && id_at(page, child + 1) > id_at(page, child))
			child++;
		if (id_at(page, index) >= id_at(page, child))
			return;
		swap(page, index, child);
	}
}

bool flow_page_wants(struct flow_page *page, uint64_t id)
{
	if (id <= page->after)
		return false;
	if (page->count < page->limit)
		return true;
	page->is_full = true;
	return id < id_at(page, 0);
}

void flow_page_add(struct flow_page *page, const struct flow_record *record)
{
	if (page->count < page->limit) {
		page->records[page->count++] = *record;
		sift_up(page, page->count - 1);
	} else {
		page->records[0] = *record;
		sift_down(page);
	}
}

static int compare_ids(const void *a, const void *b)
{
	const struct flow_record *x = a, *y = b;

	return (x->identity.id > y->identity.id) - (x->identity.id < y->identity.id);
}

void flow_page_finish(struct flow_page *page)
{
	qsort(page->records, page->count, sizeof(page->records[0]), compare_ids);
}
