/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_dir - a directory of the cgroup v2 tree, by its descriptor */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/*
 * The kernel's documentation of all files: Documentation/admin-guide/cgroup-v2.rst. A dir is an
 * open directory, readable (no O_PATH). Where there is no GError, failures leave errno.
 */

/* Opens a directory; -1 with ENOTSUP when it is not on a cgroup v2 file system. */
int cgroup_dir_open(const char *path);

/* Makes and opens a directory below parent. *ret_made tells whether it was not there before. */
int cgroup_dir_make(int parent, const char *name, bool *ret_made);

/* The text of a file, up to 256 KiB, without the last newline; NULL if it cannot be read. */
char *cgroup_dir_read(int dir, const char *file);
bool cgroup_dir_write(int dir, const char *file, const char *text);
bool cgroup_dir_has(int dir, const char *file);

/* Moves a process, with all its threads, into the cgroup. */
bool cgroup_dir_add(int dir, pid_t pid);

/* The number after "key " in a file of such lines; -1 when it has none. */
gint64 cgroup_dir_read_key(int dir, const char *file, const char *key);

/* Whether a word is in a file of words, e.g. "memory" in cgroup.controllers. */
bool cgroup_dir_has_word(int dir, const char *file, const char *word);

/*
 * Waits until key of cgroup.events ("populated", "frozen") has the value 0 or 1. ENODEV when
 * the cgroup is removed meanwhile, ETIMEDOUT after timeout_ms.
 */
bool cgroup_dir_await(int dir, const char *key, int value, int timeout_ms);

/* Waits until somebody else has removed the cgroup; false, with ETIMEDOUT, if that is not so. */
bool cgroup_dir_await_removal(int dir, int timeout_ms);

/*
 * Kills all processes of a cgroup and of those below it, waits for their end, and removes it with
 * all that is below. True when it is gone, also if it never was.
 */
bool cgroup_dir_remove(int parent, const char *name, int timeout_ms);
