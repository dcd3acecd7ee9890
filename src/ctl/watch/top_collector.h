/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_collector - looks at containers in threads, so that a silent one holds up nothing */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/watch/top_sample.h"

struct top_collector;

/* What came of a look at a container. */
struct top_result {
	char *name;
	struct top_sample *sample; /* NULL: it has ended */
};

/* NULL on error. */
struct top_collector *top_collector_new(GError **error);
/* Waits for those who look, half a second at most for each. Accepts NULL. */
void top_collector_free(struct top_collector *collector);

/*
 * Looks at a container, see top_sample_take(). Does nothing while an earlier look at it is under
 * way.
 */
void top_collector_ask(struct top_collector *collector, const char *name, bool with_flows);

/* Whether something is under way, or there is a result. */
bool top_collector_is_busy(const struct top_collector *collector);

/* Readable (poll(2)) when there is a result. It stays the collector's. */
int top_collector_fd(const struct top_collector *collector);

/* The next result, which is the caller's; NULL: there is none yet. */
struct top_result *top_collector_take(struct top_collector *collector);
void top_result_free(struct top_result *result);
