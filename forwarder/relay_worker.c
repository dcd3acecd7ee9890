/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_worker - one thread of the relay, and the pairs that belong to it */
#include "forwarder/relay_worker.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/*
 * How it works
 *
 * A pair belongs to one worker from relay_add() to its end, so nothing of it but `doomed` and
 * `added` is shared between threads. Both sockets are in the worker's epoll set, edge-triggered,
 * from the moment they are added, which no other wake-up has to tell the worker. The first of them
 * may have events before the second is added: then the worker waits for the mutex `adding`.
 * What moves the bytes of a pair is relay_pair.c.
 *
 * A turn is: fetch a batch of events, run the pairs that had to stop at the bound of their turn or
 * whose time has come (relay_held.h), run the pairs that the events name, free the pairs that
 * ended. Freeing comes last because both sockets of a pair may be named in one batch.
 */

#define BATCH_SIZE 64
/* A wait that was shorter makes the next one begin with polling, for so long at most. */
#define SHORT_WAIT_US 60
#define POLL_US	      30
/* Polling that took so long had to share the CPU; then there is none for some time. */
#define CROWDED_US (2 * POLL_US)
#define REST_US	   (100 * 1000)
/* A turn that moves so much is no conversation. */
#define BULK_TURN (64 * 1024)

/* Closes a pair; its memory stays valid until the end of the batch. */
void relay_worker_end_pair(struct relay_worker *worker, struct relay_pair *pair, bool reset)
{
	g_mutex_lock(&worker->mutex);
	g_queue_unlink(&worker->pairs, &pair->link);
	g_mutex_unlock(&worker->mutex);

	relay_pair_close(pair, &worker->context, reset);
	relay_held_note(&worker->held, pair);
	if (pair->ready)
		g_queue_unlink(&worker->ready, &pair->ready_link);
	g_queue_push_tail_link(&worker->ended, &pair->ready_link);
	if (reset)
		atomic_fetch_add_explicit(&worker->n_reset, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&worker->n_pairs, 1, memory_order_release);
}

static void worker_run_pair(struct relay_worker *worker, struct relay_pair *pair)
{
	enum pair_verdict verdict = relay_pair_run(pair, &worker->context);

	if (verdict == PAIR_ENDED || verdict == PAIR_RESET) {
		relay_worker_end_pair(worker, pair, verdict == PAIR_RESET);
		return;
	}
	relay_held_note(&worker->held, pair);
	if (verdict == PAIR_READY && !pair->ready) {
		g_queue_push_tail_link(&worker->ready, &pair->ready_link);
		pair->ready = true;
	}
}

/* Runs each pair that was ready when it was called once. */
static void worker_run_ready(struct relay_worker *worker)
{
	for (unsigned n = worker->ready.length; n > 0 && worker->ready.length > 0; n--) {
		struct relay_pair *pair = g_queue_pop_head_link(&worker->ready)->data;

		pair->ready = false;
		worker_run_pair(worker, pair);
	}
}

static void worker_run_held(struct relay_worker *worker)
{
	int64_t now_ns = relay_held_is_empty(&worker->held) ? 0 : bucket_now();
	struct relay_pair *pair;

	while ((pair = relay_held_take(&worker->held, now_ns)))
		worker_run_pair(worker, pair);
}

/* Those that wait do so by the old ones. */
static void worker_take_limits(struct relay_worker *worker)
{
	GQueue pairs = G_QUEUE_INIT;
	struct relay_pair *pair;

	while ((pair = relay_held_take(&worker->held, G_MAXINT64)))
		g_queue_push_tail(&pairs, pair);
	while ((pair = g_queue_pop_head(&pairs)))
		if (!pair->ended)
			worker_run_pair(worker, pair);
}

/* A pair that another thread gave up and is through with, or NULL. */
static struct relay_pair *worker_find_doomed(struct relay_worker *worker)
{
	struct relay_pair *doomed = NULL;

	g_mutex_lock(&worker->mutex);
	for (GList *link = worker->pairs.head; link && !doomed; link = link->next) {
		struct relay_pair *pair = link->data;

		if (atomic_load_explicit(&pair->added, memory_order_acquire) &&
		    atomic_load_explicit(&pair->doomed, memory_order_relaxed))
			doomed = pair;
	}
	g_mutex_unlock(&worker->mutex);
	return doomed;
}

/* What another thread woke the worker for. False when it is to stop. */
static bool worker_handle_wake(struct relay_worker *worker)
{
	eventfd_t count;

	(void)eventfd_read(worker->wake_fd, &count);
	for (struct relay_pair *pair; (pair = worker_find_doomed(worker));)
		relay_worker_end_pair(worker, pair, true);
	if (atomic_exchange(&worker->has_new_limits, false))
		worker_take_limits(worker);
	/* Last: who goes on later is not woken again for the rest. */
	return !atomic_load(&worker->stopping);
}

/* The first socket of a pair may have events while relay_add() still adds the second. */
static void worker_await_added(struct relay_worker *worker, const struct relay_pair *pair)
{
	if (atomic_load_explicit(&pair->added, memory_order_acquire))
		return;
	g_mutex_lock(&worker->adding);
	g_mutex_unlock(&worker->adding);
}

/* False when the worker is to stop. */
static bool worker_handle_events(struct relay_worker *worker, const struct epoll_event *events,
				 int n_events)
{
	for (int i = 0; i < n_events; i++) {
		struct pair_end *end = events[i].data.ptr;

		if (!end && !worker_handle_wake(worker))
			return false;
		if (!end || end->pair->ended)
			continue;
		worker_await_added(worker, end->pair);
		relay_pair_note_events(end, events[i].events);
		worker_run_pair(worker, end->pair);
	}
	return true;
}

static void free_pairs(GQueue *pairs)
{
	while (pairs->length > 0)
		relay_pair_free(g_queue_pop_head_link(pairs)->data);
}

static uint64_t worker_bytes(const struct relay_worker *worker)
{
	const _Atomic uint64_t *bytes = worker->context.bytes_from;

	return atomic_load_explicit(&bytes[PAIR_NAMESPACE], memory_order_relaxed) +
	       atomic_load_explicit(&bytes[PAIR_HOST], memory_order_relaxed);
}

/*
 * Falling asleep and being woken costs more than the little that a small message takes, so a worker
 * whose last wait was short polls for a moment first. It yields the CPU to whoever wants it. But
 * who yields to somebody may have to wait for a whole time slice, so where that has happened it
 * sleeps, and is woken at once. No polling either during bulk transfers, whose ends need all the
 * CPU there is, nor where there is no pair whose message could come.
 */
static int worker_poll(struct relay_worker *worker, struct epoll_event *events)
{
	gint64 start = g_get_monotonic_time(), now;
	int n_events;

	do {
		n_events = epoll_wait(worker->context.epoll_fd, events, BATCH_SIZE, 0);
		if (n_events == 0)
			sched_yield();
		now = g_get_monotonic_time();
	} while (n_events == 0 && now < start + POLL_US);
	if (now > start + CROWDED_US)
		worker->poll_again_us = now + REST_US;
	return n_events;
}

static bool worker_has_pairs(const struct relay_worker *worker)
{
	return atomic_load_explicit(&worker->n_pairs, memory_order_relaxed) > 0;
}

static int worker_wait(struct relay_worker *worker, struct epoll_event *events)
{
	gint64 start = g_get_monotonic_time();
	int timeout = worker->ready.length > 0 ? 0 : relay_held_timeout(&worker->held);
	uint64_t bytes = worker_bytes(worker);
	bool is_bulk = bytes - worker->bytes_before >= BULK_TURN;
	int n_events = 0;

	worker->bytes_before = bytes;
	if (timeout < 0 && worker->is_busy && !is_bulk && start >= worker->poll_again_us &&
	    worker_has_pairs(worker))
		n_events = worker_poll(worker, events);
	if (n_events == 0)
		n_events = epoll_wait(worker->context.epoll_fd, events, BATCH_SIZE, timeout);
	worker->is_busy = g_get_monotonic_time() - start < SHORT_WAIT_US;
	return n_events;
}

static gpointer worker_main(gpointer data)
{
	struct relay_worker *worker = data;
	struct epoll_event events[BATCH_SIZE];
	int n_events;
	bool running;

	do {
		n_events = worker_wait(worker, events);
		worker_run_ready(worker);
		worker_run_held(worker);
		running = worker_handle_events(worker, events, n_events);
		free_pairs(&worker->ended);
	} while (running);
	return NULL;
}

static bool make_descriptors(struct relay_worker *worker, GError **error)
{
	struct epoll_event event = {.events = EPOLLIN};

	worker->context.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (worker->context.epoll_fd < 0)
		return failure_errno(error, "relay: epoll_create1");
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake_fd < 0)
		return failure_errno(error, "relay: eventfd");
	if (epoll_ctl(worker->context.epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &event) < 0)
		return failure_errno(error, "relay: epoll_ctl");
	return true;
}

bool relay_worker_init(struct relay_worker *worker, GError **error)
{
	worker->context.epoll_fd = -1;
	worker->context.buffer = g_malloc(PAIR_BUFFER_SIZE);
	pipe_pool_init(&worker->context.pipes);
	worker->wake_fd = -1;
	g_mutex_init(&worker->adding);
	g_mutex_init(&worker->mutex);
	return make_descriptors(worker, error);
}

bool relay_worker_start(struct relay_worker *worker, GError **error)
{
	atomic_store(&worker->stopping, false);
	worker->thread = g_thread_try_new("relay", worker_main, worker, error);
	return worker->thread != NULL;
}

void relay_worker_wake(struct relay_worker *worker)
{
	/* Cannot block or fail: the counter never comes near its end. */
	(void)eventfd_write(worker->wake_fd, 1);
}

void relay_worker_stop(struct relay_worker *worker)
{
	if (!worker->thread)
		return;
	atomic_store(&worker->stopping, true);
	relay_worker_wake(worker);
	g_thread_join(worker->thread);
	worker->thread = NULL;
}

void relay_worker_rewatch(struct relay_worker *worker)
{
	for (GList *link = worker->pairs.head; link; link = link->next)
		relay_pair_rewatch(link->data, worker->context.epoll_fd);
}

void relay_worker_done(struct relay_worker *worker)
{
	relay_worker_stop(worker);
	while (worker->pairs.length > 0)
		relay_worker_end_pair(worker, g_queue_peek_head(&worker->pairs), true);
	free_pairs(&worker->ended);
	pipe_pool_done(&worker->context.pipes);
	close_fd(&worker->wake_fd);
	close_fd(&worker->context.epoll_fd);
	g_mutex_clear(&worker->mutex);
	g_mutex_clear(&worker->adding);
	g_free(worker->context.buffer);
}

void relay_worker_cut(struct relay_worker *worker, flow_judge may_go_on, void *opaque)
{
	bool is_any = false;

	g_mutex_lock(&worker->mutex);
	for (const GList *link = worker->pairs.head; link; link = link->next) {
		struct relay_pair *pair = link->data;

		if (pair->origin != RELAY_OUTGOING ||
		    may_go_on(&pair->flow.ends, IPPROTO_TCP, opaque))
			continue;
		atomic_store_explicit(&pair->doomed, true, memory_order_relaxed);
		is_any = true;
	}
	g_mutex_unlock(&worker->mutex);
	if (is_any)
		relay_worker_wake(worker);
}

void relay_worker_list(struct relay_worker *worker, struct flow_page *page)
{
	struct flow_record record;

	/* A pair is freed after it has been taken out of the queue. */
	g_mutex_lock(&worker->mutex);
	for (const GList *link = worker->pairs.head; link; link = link->next) {
		const struct relay_pair *pair = link->data;

		if (!flow_page_wants(page, pair->flow.id))
			continue;
		relay_pair_describe(pair, &record);
		flow_page_add(page, &record);
	}
	g_mutex_unlock(&worker->mutex);
}
