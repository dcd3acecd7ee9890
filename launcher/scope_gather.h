/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scope_gather - brings processes that are running already into a scope of systemd */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <glib.h>

/*
 * Starts the scope unit with the roots and all that descends from them, and goes on until none is
 * outside, as processes may fork meanwhile. Fails as systemd_scope_start() does; EAGAIN when they
 * fork faster than they can be moved. On failure some may have been moved, which does no harm.
 */
bool scope_gather(const char *unit, const pid_t *roots, size_t n_roots, GError **error);
