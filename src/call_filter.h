/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call_filter - allows a process the system calls of its work: all others are its end */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* A call that is allowed when (argument & mask) == value. */
struct checked_call {
	const char *name;
	unsigned argument;
	uint64_t mask, value;
};

struct call_filter {
	const char *const *allowed; /* names of calls; those that are nowhere are left out */
	size_t n_allowed;
	const struct checked_call *checked;
	size_t n_checked;
	const unsigned *ioctls; /* requests of ioctl(2) */
	size_t n_ioctls;
	/* The handler of SIGSYS, which ends with call_filter_end(). */
	void (*handler)(int number, siginfo_t *info, void *context);
};

/*
 * Allows the calling process and its threads no system call (seccomp(2)) but those of the filter
 * and what every process does: memory that cannot be executed, time, what it knows of itself, its
 * end. Whatever else is called is not done: SIGSYS goes to the handler, which cannot be taken away,
 * and kills at once where it is blocked. Needs no_new_privs.
 */
bool call_filter_install(const struct call_filter *filter, GError **error);

/* In the handler: whether a filter has trapped a call, and the end of the process, by SIGSYS. */
bool call_filter_has_trapped(int number, const siginfo_t *info);
G_NORETURN void call_filter_end(void);
