/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay - moves bytes between pairs of TCP sockets, by splice(2), in worker threads */
#include "forwarder/relay.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "forwarder/relay_worker.h"

#define MAX_WORKERS 4

void relay_reset_socket(int fd)
{
	const struct linger abort_connection = {.l_onoff = 1, .l_linger = 0};

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_connection, sizeof(abort_connection));
	close(fd);
}

/* Threads inherit the mask of the one that starts them. */
static bool start_workers(struct relay *relay, GError **error)
{
	sigset_t all, old;
	bool ok = true;

	sigfillset(&all);
	/* Blocked, a call that the sandbox does not allow would end us without a word. */
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned i = 0; ok && i < relay->n_workers; i++)
		ok = relay_worker_start(&relay->workers[i], error);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

bool relay_start(struct relay *relay, GError **error)
{
	return start_workers(relay, error);
}

struct relay *relay_new(unsigned n_threads, GError **error)
{
	struct relay *relay = g_new0(struct relay, 1);

	relay->n_workers = n_threads ? n_threads : (unsigned)CLAMP(get_nprocs(), 1, MAX_WORKERS);
	relay->workers = g_new0(struct relay_worker, relay->n_workers);
	bool ok = true;
	for (unsigned i = 0; i < relay->n_workers; i++)
		ok = relay_worker_init(&relay->workers[i], ok ? error : NULL) && ok;
	if (ok)
		return relay;
	relay_free(relay);
	return NULL;
}

void relay_set_limits(struct relay *relay, struct bucket *out, struct bucket *in)
{
	for (unsigned i = 0; i < relay->n_workers; i++) {
		relay->workers[i].context.limits[PAIR_NAMESPACE] = out;
		relay->workers[i].context.limits[PAIR_HOST] = in;
	}
}

void relay_apply_limits(struct relay *relay)
{
	for (unsigned i = 0; i < relay->n_workers; i++) {
		atomic_store(&relay->workers[i].has_new_limits, true);
		relay_worker_wake(&relay->workers[i]);
	}
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	for (unsigned i = 0; i < relay->n_workers; i++)
		relay_worker_done(&relay->workers[i]);
	g_free(relay->workers);
	g_free(relay);
}

static struct relay_worker *least_loaded_worker(struct relay *relay)
{
	struct relay_worker *best = &relay->workers[0];

	for (unsigned i = 1; i < relay->n_workers; i++) {
		struct relay_worker *worker = &relay->workers[i];

		if (atomic_load_explicit(&worker->n_pairs, memory_order_relaxed) <
		    atomic_load_explicit(&best->n_pairs, memory_order_relaxed))
			best = worker;
	}
	return best;
}

void relay_pause(struct relay *relay)
{
	for (unsigned i = 0; i < relay->n_workers; i++)
		relay_worker_stop(&relay->workers[i]);
}

bool relay_resume(struct relay *relay, GError **error)
{
	for (unsigned i = 0; i < relay->n_workers; i++)
		relay_worker_rewatch(&relay->workers[i]);
	return start_workers(relay, error);
}

static bool add_pair(struct relay *relay, struct relay_worker *worker, struct relay_pair *pair)
{
	atomic_fetch_add_explicit(&relay->n_opened, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&worker->n_pairs, 1, memory_order_relaxed);
	g_mutex_lock(&worker->mutex);
	g_queue_push_tail_link(&worker->pairs, &pair->link);
	g_mutex_unlock(&worker->mutex);
	g_mutex_lock(&worker->adding);
	bool watched = relay_pair_watch(pair, worker->context.epoll_fd);
	/* One socket may be watched by now, so that the worker has to end the pair. */
	if (!watched)
		atomic_store_explicit(&pair->doomed, true, memory_order_relaxed);
	atomic_store_explicit(&pair->added, true, memory_order_release);
	g_mutex_unlock(&worker->adding);
	if (!watched)
		relay_worker_wake(worker);
	return watched;
}

bool relay_add(struct relay *relay, const struct relay_connection *connection)
{
	return add_pair(relay, least_loaded_worker(relay), relay_pair_new(connection));
}

void relay_continue_pair(struct relay *relay, struct relay_pair *pair)
{
	struct relay_worker *worker = least_loaded_worker(relay);

	for (int side = 0; side < PAIR_N_SIDES; side++)
		worker->context.pipes.n_pipes += pair->flows[side].pipe != NULL;
	add_pair(relay, worker, pair);
	/* No event tells of what it holds. */
	pair->ready = true;
	g_queue_push_tail_link(&worker->ready, &pair->ready_link);
}

void relay_cut(struct relay *relay, flow_judge may_go_on, void *opaque)
{
	for (unsigned i = 0; i < relay->n_workers; i++)
		relay_worker_cut(&relay->workers[i], may_go_on, opaque);
}

void relay_get_stats(const struct relay *relay, struct relay_stats *ret_stats)
{
	struct relay_stats stats = {
		.opened = atomic_load_explicit(&relay->n_opened, memory_order_relaxed),
	};

	for (unsigned i = 0; i < relay->n_workers; i++) {
		const struct relay_worker *worker = &relay->workers[i];
		const _Atomic uint64_t *bytes = worker->context.bytes_from;

		stats.bytes_to_host +=
			atomic_load_explicit(&bytes[PAIR_NAMESPACE], memory_order_relaxed);
		stats.bytes_to_namespace +=
			atomic_load_explicit(&bytes[PAIR_HOST], memory_order_relaxed);
		stats.active += atomic_load_explicit(&worker->n_pairs, memory_order_acquire);
		stats.reset += atomic_load_explicit(&worker->n_reset, memory_order_relaxed);
	}
	*ret_stats = stats;
}

void relay_list(const struct relay *relay, struct flow_page *page)
{
	for (unsigned i = 0; i < relay->n_workers; i++)
		relay_worker_list(&relay->workers[i], page);
}
