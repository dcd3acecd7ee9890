/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_worker - one thread of the relay, and the pairs that belong to it */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include <glib.h>

#include "forwarder/relay_held.h"
#include "forwarder/relay_pair.h"

struct relay_worker {
	struct pair_context context;
	int wake_fd; /* eventfd(2): stop, or look for doomed pairs */
	atomic_bool stopping;
	atomic_bool has_new_limits;
	GThread *thread;
	GMutex adding;	     /* held while sockets are added to the epoll set */
	GMutex mutex;	     /* held for a moment only: both threads need it for each pair */
	GQueue pairs;	     /* guarded by it */
	atomic_uint n_pairs; /* its length, to be read without the mutex */
	_Atomic uint64_t n_reset;
	bool is_busy;		/* the last wait was short */
	gint64 poll_again_us;	/* not before then */
	uint64_t bytes_before;	/* moved before the last wait */
	GQueue ready;		/* pairs that have more to do */
	struct relay_held held; /* what their limits want to wait */
	GQueue ended;		/* pairs to be freed after the batch */
};

struct relay {
	struct relay_worker *workers;
	unsigned n_workers;
	_Atomic uint64_t n_opened;
};

/* As relay_add(), with a pair that may hold bytes and has not run here; relay must be paused. */
void relay_continue_pair(struct relay *relay, struct relay_pair *pair);

/* Initialises, without a thread; relay_worker_done() is due also when that fails. */
bool relay_worker_init(struct relay_worker *worker, GError **error);
/* Starts the thread, with the calling one's signal mask; also once more after it was stopped. */
bool relay_worker_start(struct relay_worker *worker, GError **error);
/* Makes the thread look for doomed pairs, and for new limits. */
void relay_worker_wake(struct relay_worker *worker);
/* Ends the thread, if there is one; its pairs stay. */
void relay_worker_stop(struct relay_worker *worker);
/* Asks for the events of all sockets again: those that a stopped thread had fetched are lost. */
void relay_worker_rewatch(struct relay_worker *worker);
/* Ends the thread and resets all pairs. */
void relay_worker_done(struct relay_worker *worker);

/* Closes a pair, by the worker's thread or after its end; its memory stays until the next batch. */
void relay_worker_end_pair(struct relay_worker *worker, struct relay_pair *pair, bool reset);

/* See relay_cut(). */
void relay_worker_cut(struct relay_worker *worker, flow_judge may_go_on, void *opaque);

/* Adds the pairs that are alive to a page; safe from any thread. */
void relay_worker_list(struct relay_worker *worker, struct flow_page *page);
