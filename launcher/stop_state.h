/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop_state - whether processes stop, or have stopped, for SIGTSTP */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How many processes. Those that ignore the signal, and zombies, are in none but n_seen. */
struct stop_count {
	size_t n_seen;	   /* could be looked at */
	size_t n_stopped;  /* in all their threads */
	size_t n_stopping; /* not stopped, but the signal's default action would do it */
	size_t n_catching; /* may stop themselves: they catch the signal, or block it */
};

/* The present state of pid, by proc(5), is added to *count. A process that is gone is not seen. */
void stop_count_add(struct stop_count *count, pid_t pid);

/* True if SIGTSTP has its default action in pid, which has not stopped. */
bool stop_is_due(pid_t pid);
