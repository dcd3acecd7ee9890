/* SPDX-License-Identifier: GPL-2.0-or-later */
/* in_namespaces - runs a test's function as the first process of new namespaces */
#pragma once

#include <stdbool.h>

/*
 * Runs function in a child in new user (the caller's ids mapped to 0, no others), mount, PID,
 * network, UTS, IPC and cgroup namespaces. True if it returned true; false also when the namespaces
 * are refused. The function may call in_namespaces_run() again once it has a /proc of its own.
 */
bool in_namespaces_run(bool (*function)(const void *data), const void *data);

/*
 * False where the system does not allow it; the test is then marked as skipped (as failed with
 * NETNS_TESTS_STRICT=1).
 */
bool in_namespaces_allowed(void);
