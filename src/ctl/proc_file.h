/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc_file - reads proc(5): the files of one process by a descriptor of its directory */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* No more of a file is read, in bytes: what a process calls itself has no end otherwise. */
#define PROC_FILE_LIMIT (128u * 1024)

/*
 * The directory /proc/PID, for openat(); -1 on error (ENOENT: no such process). It stays that of
 * one process, whoever gets its number: once the process is reaped, all reading by it fails.
 */
int proc_file_open_process(int pid, GError **error);

/* A file of the process, cut at PROC_FILE_LIMIT; the caller owns it. NULL where it cannot be read.
 */
char *proc_file_read(int process, const char *name, gsize *ret_size);

/*
 * The words behind "name:" in text, which is that of "status"; the caller owns them. NULL where
 * there is no such line.
 */
char **proc_file_status_line(const char *text, const char *name);
