/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces - fresh namespaces for unit tests, without privileges */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Moves the calling process, which must have one thread, into a new user and network namespace of
 * which it is root. False where the system does not allow it; the test is then marked as skipped
 * (as failed with NETNS_TESTS_STRICT=1).
 */
bool namespaces_enter(void);

/*
 * Runs function in a child that is the first process of new user (the caller's ids mapped to 0, no
 * others), mount, PID, network, UTS, IPC and cgroup namespaces. True if it returned true; false
 * also when the namespaces are refused. The function may call namespaces_run() again once it has a
 * /proc of its own.
 */
bool namespaces_run(bool (*function)(const void *data), const void *data);

/* Whether namespaces_run() works here; if not, the test is marked as namespaces_enter() does. */
bool namespaces_allowed(void);
