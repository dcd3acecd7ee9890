/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_watch - many descriptors behind one source, and removal while a batch is dispatched */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/watch.h"

#define N_ENTRIES 200

struct counter {
	struct watch_entry entry;
	struct watch *watch;
	unsigned *calls;
	uint32_t events;
	GPtrArray *all; /* for handlers that reach for others */
};

static GMainContext *new_context(void)
{
	GMainContext *context = g_main_context_new();

	g_main_context_push_thread_default(context);
	return context;
}

static void free_context(GMainContext *context)
{
	g_main_context_pop_thread_default(context);
	g_main_context_unref(context);
}

static struct counter *new_counter(struct watch *watch, unsigned *calls, watch_handler handler)
{
	struct counter *counter = g_new0(struct counter, 1);

	counter->entry.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	counter->entry.handler = handler;
	counter->watch = watch;
	counter->calls = calls;
	g_assert_cmpint(counter->entry.fd, >=, 0);
	return counter;
}

static void free_counter(struct counter *counter)
{
	watch_remove(counter->watch, &counter->entry);
	close(counter->entry.fd);
	g_free(counter);
}

static void count(struct watch_entry *entry, uint32_t events)
{
	struct counter *counter = (struct counter *)entry;

	counter->events = events;
	++*counter->calls;
}

static void count_and_drain(struct watch_entry *entry, uint32_t events)
{
	eventfd_t value;

	count(entry, events);
	g_assert_cmpint(eventfd_read(entry->fd, &value), ==, 0);
}

static void iterate_until_idle(GMainContext *context)
{
	while (g_main_context_iteration(context, FALSE))
		;
}

static void test_events(void)
{
	GMainContext *context = new_context();
	struct watch *watch = watch_new(NULL);
	unsigned calls = 0;
	struct counter *counter = new_counter(watch, &calls, count);

	g_assert_true(watch_add(watch, &counter->entry, EPOLLIN));
	g_assert_true(g_main_context_iteration(context, FALSE));
	g_assert_true(g_main_context_iteration(context, FALSE));
	g_assert_cmpuint(calls, ==, 2); /* level-triggered */
	g_assert_cmphex(counter->events, ==, EPOLLIN);

	g_assert_true(watch_change(watch, &counter->entry, EPOLLOUT));
	g_assert_true(g_main_context_iteration(context, FALSE));
	g_assert_cmphex(counter->events, ==, EPOLLOUT);

	watch_remove(watch, &counter->entry);
	g_assert_false(g_main_context_iteration(context, FALSE));
	g_assert_cmpuint(calls, ==, 3);
	free_counter(counter);
	watch_free(watch);
	free_context(context);
}

static void test_edge_triggered(void)
{
	GMainContext *context = new_context();
	struct watch *watch = watch_new(NULL);
	unsigned calls = 0;
	struct counter *counter = new_counter(watch, &calls, count);

	g_assert_true(watch_add(watch, &counter->entry, EPOLLIN | EPOLLET));
	iterate_until_idle(context);
	g_assert_cmpuint(calls, ==, 1);
	free_counter(counter);
	watch_free(watch);
	free_context(context);
}

/* More than a batch is ready: each is served once, over several dispatches. */
static void test_many(void)
{
	GMainContext *context = new_context();
	struct watch *watch = watch_new(NULL);
	struct counter *counters[N_ENTRIES];
	unsigned calls = 0;

	for (unsigned i = 0; i < N_ENTRIES; i++) {
		counters[i] = new_counter(watch, &calls, count_and_drain);
		g_assert_true(watch_add(watch, &counters[i]->entry, EPOLLIN));
	}
	g_assert_true(g_main_context_iteration(context, FALSE));
	g_assert_cmpuint(calls, >, 1);
	g_assert_cmpuint(calls, <, N_ENTRIES); /* other sources get their turn */
	iterate_until_idle(context);
	g_assert_cmpuint(calls, ==, N_ENTRIES);
	for (unsigned i = 0; i < N_ENTRIES; i++)
		free_counter(counters[i]);
	watch_free(watch);
	free_context(context);
}

/* Frees every entry of the batch, its own one included. */
static void free_all(struct watch_entry *entry, uint32_t events)
{
	GPtrArray *all = ((struct counter *)entry)->all;

	count(entry, events);
	for (guint i = 0; i < all->len; i++)
		free_counter(g_ptr_array_index(all, i));
	g_ptr_array_set_size(all, 0);
}

static void test_removal_in_batch(void)
{
	GMainContext *context = new_context();
	struct watch *watch = watch_new(NULL);
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	unsigned calls = 0;

	for (unsigned i = 0; i < 10; i++) {
		struct counter *counter = new_counter(watch, &calls, free_all);

		counter->all = all;
		g_ptr_array_add(all, counter);
		g_assert_true(watch_add(watch, &counter->entry, EPOLLIN));
	}
	iterate_until_idle(context);
	g_assert_cmpuint(calls, ==, 1);
	watch_free(watch);
	free_context(context);
}

/* Takes the others out and puts them back: what was ready before must not be reported twice. */
static void replace_others(struct watch_entry *entry, uint32_t events)
{
	struct counter *self = (struct counter *)entry;

	count_and_drain(entry, events);
	for (guint i = 0; i < self->all->len; i++) {
		struct counter *other = g_ptr_array_index(self->all, i);

		watch_remove(self->watch, &other->entry);
		g_assert_true(watch_add(self->watch, &other->entry, EPOLLIN));
	}
}

static void test_readded_in_batch(void)
{
	GMainContext *context = new_context();
	struct watch *watch = watch_new(NULL);
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	unsigned calls = 0;

	for (unsigned i = 0; i < 5; i++) {
		struct counter *counter = new_counter(watch, &calls, replace_others);

		counter->all = all;
		g_ptr_array_add(all, counter);
		g_assert_true(watch_add(watch, &counter->entry, EPOLLIN));
	}
	g_assert_true(g_main_context_iteration(context, FALSE));
	g_assert_cmpuint(calls, ==, 1);
	iterate_until_idle(context);
	g_assert_cmpuint(calls, ==, 5);
	for (guint i = 0; i < all->len; i++)
		free_counter(g_ptr_array_index(all, i));
	watch_free(watch);
	free_context(context);
}

static void free_watch(struct watch_entry *entry, uint32_t events)
{
	struct counter *counter = (struct counter *)entry;

	count(entry, events);
	watch_free(counter->watch);
}

static void test_free_in_handler(void)
{
	GMainContext *context = new_context();
	struct watch *watch = watch_new(NULL);
	unsigned calls = 0;
	struct counter *first = new_counter(watch, &calls, free_watch);
	struct counter *second = new_counter(watch, &calls, free_watch);

	g_assert_true(watch_add(watch, &first->entry, EPOLLIN));
	g_assert_true(watch_add(watch, &second->entry, EPOLLIN));
	iterate_until_idle(context);
	g_assert_cmpuint(calls, ==, 1);
	close(first->entry.fd);
	close(second->entry.fd);
	g_free(first);
	g_free(second);
	free_context(context);
}

static void test_errors(void)
{
	GMainContext *context = new_context();
	struct watch *watch = watch_new(NULL);
	struct watch_entry entry = {.fd = -1, .handler = count};

	g_assert_false(watch_add(watch, &entry, EPOLLIN));
	g_assert_cmpint(errno, ==, EBADF);
	watch_free(watch);
	watch_free(NULL);
	free_context(context);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/watch/events", test_events);
	g_test_add_func("/watch/edge-triggered", test_edge_triggered);
	g_test_add_func("/watch/many", test_many);
	g_test_add_func("/watch/removal-in-batch", test_removal_in_batch);
	g_test_add_func("/watch/readded-in-batch", test_readded_in_batch);
	g_test_add_func("/watch/free-in-handler", test_free_in_handler);
	g_test_add_func("/watch/errors", test_errors);
	return g_test_run();
}
