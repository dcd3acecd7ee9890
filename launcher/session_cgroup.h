/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_cgroup - the verbs of the launcher's socket that work on the container's cgroup */
#pragma once

#include <stdbool.h>

#include "launcher/session.h"
#include "src/json.h"

/*
 *   pause    freezes all processes; returns {} when they have stopped
 *   resume   lets them go on
 *   update   {"memory":"512m", ...}: other limits from now on, by the names and values of the
 *            options, each a string or a number; none of them if one is refused
 *   stats    what the container uses, see cgroup_add_stats()
 *
 * pause and update make a cgroup for a container that was started without one, where there is a
 * systemd to give it. Where there is none, and for resume and stats, that is EOPNOTSUPP.
 */
JsonNode *session_cgroup_pause(struct session_context *context, JsonObject *arguments,
			       GError **error);
/* See above, as the next two. */
JsonNode *session_cgroup_resume(struct session_context *context, JsonObject *arguments,
				GError **error);
JsonNode *session_cgroup_update(struct session_context *context, JsonObject *arguments,
				GError **error);
JsonNode *session_cgroup_stats(struct session_context *context, JsonObject *arguments,
			       GError **error);

/* False with EBUSY while the container is paused: what would run in it could not. */
bool session_cgroup_check_runs(const struct session_context *context, GError **error);

/* Sets the member "paused" of what inspect answers, and "limits" to what they are by now. */
void session_cgroup_inspect(const struct session_context *context, JsonObject *state);
