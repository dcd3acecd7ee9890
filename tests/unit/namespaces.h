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
