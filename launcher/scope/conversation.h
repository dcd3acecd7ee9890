/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conversation - with systemd, over D-Bus, about a scope unit */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <glib.h>

struct scope_request {
	const char *unit; /* a name ending in ".scope" */
	const pid_t *pids;
	size_t n_pids;
	bool attach; /* to a unit that is there, instead of starting one */
};

/* Does what systemd_scope_start() or systemd_scope_attach() promises, with their errors. */
bool conversation_hold(const struct scope_request *request, GError **error);
