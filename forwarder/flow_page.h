/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow_page - of all flows the next few, in the order of their ids */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/flow.h"

/* Flows on one page at most: more would hold up the traffic for longer than a few milliseconds. */
#define FLOW_PAGE_MAX 128

/*
 * Collects those flows behind `after` that have the smallest ids, whatever order they come
 * in. Whoever asks for page after page, each time with the last id of the one before, sees each
 * flow once that lives as long as that takes, and nothing needs to be kept between two questions.
 */
struct flow_page {
	uint64_t after;
	size_t limit;
	size_t count;
	bool is_full; /* a flow was left out: there is a next page */
	struct flow_record records[FLOW_PAGE_MAX];
};

/* limit is cut to 1..FLOW_PAGE_MAX. */
void flow_page_init(struct flow_page *page, uint64_t after, size_t limit);

/* Notes that there is a flow with this id. False if it will not be on the page: skip its record. */
bool flow_page_wants(struct flow_page *page, uint64_t id);

/* Takes a copy of a record that flow_page_wants(). */
void flow_page_add(struct flow_page *page, const struct flow_record *record);

/* Puts records into the order of their ids. Nothing may be added afterwards. */
void flow_page_finish(struct flow_page *page);
