/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_collector - looks at containers in threads, so that a silent one holds up nothing */
#include "src/ctl/watch/top_collector.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* Silent containers take one each. */
#define THREADS 8

struct top_collector {
	GThreadPool *pool;
	GAsyncQueue *results; /* of struct top_result */
	GHashTable *asked;    /* names; of the caller's thread only */
	int wake;	      /* eventfd(2) */
};

struct question {
	char *name;
	bool with_flows;
};

static void look(gpointer data, gpointer user_data)
{
	struct question *question = data;
	struct top_collector *collector = user_data;
	struct top_result *result = g_new(struct top_result, 1);
	static const uint64_t one = 1;

	result->sample = top_sample_take(question->name, question->with_flows);
	result->name = question->name;
	g_free(question);
	g_async_queue_push(collector->results, result);
	/* The counter cannot overflow. */
	if (write(collector->wake, &one, sizeof(one)) < 0)
		return;
}

struct top_collector *top_collector_new(GError **error)
{
	autoclose int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (wake < 0) {
		failure_errno(error, "eventfd");
		return NULL;
	}
	struct top_collector *collector = g_new(struct top_collector, 1);
	*collector = (struct top_collector){
		.pool = g_thread_pool_new(look, collector, THREADS, FALSE, NULL),
		.results = g_async_queue_new_full((GDestroyNotify)top_result_free),
		.asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.wake = g_steal_fd(&wake),
	};
	return collector;
}

void top_collector_free(struct top_collector *collector)
{
	if (!collector)
		return;
	g_thread_pool_free(collector->pool, FALSE, TRUE);
	g_async_queue_unref(collector->results);
	g_hash_table_unref(collector->asked);
	close_fd(&collector->wake);
	g_free(collector);
}

void top_collector_ask(struct top_collector *collector, const char *name, bool with_flows)
{
	struct question *question;

	if (!g_hash_table_add(collector->asked, g_strdup(name)))
		return;
	question = g_new(struct question, 1);
	*question = (struct question){.name = g_strdup(name), .with_flows = with_flows};
	g_thread_pool_push(collector->pool, question, NULL);
}

bool top_collector_is_busy(const struct top_collector *collector)
{
	return g_hash_table_size(collector->asked) > 0;
}

int top_collector_fd(const struct top_collector *collector)
{
	return collector->wake;
}

struct top_result *top_collector_take(struct top_collector *collector)
{
	uint64_t count;
	struct top_result *result = g_async_queue_try_pop(collector->results);

	if (!result && read(collector->wake, &count, sizeof(count)) > 0)
		result = g_async_queue_try_pop(collector->results);
	if (result)
		g_hash_table_remove(collector->asked, result->name);
	return result;
}

void top_result_free(struct top_result *result)
{
	g_free(result->name);
	top_sample_free(result->sample);
	g_free(result);
}
