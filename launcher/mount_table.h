/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount_table - what is mounted below a mount, from /proc/self/mountinfo */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * The paths of all mounts below the mount whose root top (O_PATH) is, relative to that, of char *;
 * also of those that others hide. The process's root must be above them. NULL on failure.
 */
GPtrArray *mount_table_below(int top, GError **error);

/* The same for the mount id in the text of a mountinfo (proc_pid_mountinfo(5)). */
GPtrArray *mount_table_parse(const char *text, guint64 top_id);

/* True if something is mounted strictly below path, which is relative too and "" for the top. */
bool mount_table_has_below(const GPtrArray *paths, const char *path);
