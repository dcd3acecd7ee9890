/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log_trim - keeps the log of a detached container from filling its file system */
#pragma once

#include <sys/types.h>

#include <glib.h>

/*
 * How it works
 *
 * The log lies in XDG_RUNTIME_DIR, which is memory, and is as long as the container runs. The
 * command writes to the file itself, so it never waits for us. What is too much at the beginning
 * becomes a hole (fallocate(2)): size and offsets stay, so neither writers nor readers notice; a
 * new reader finds the first byte with SEEK_DATA of lseek(2).
 */

/* Gives back all but the last limit / 2 bytes if fd's file takes more than limit bytes. */
void log_trim(int fd, off_t limit);

/*
 * Does so every second, in the default main context. fd must stay open until the source that is
 * returned is removed (g_source_remove()).
 */
guint log_trim_start(int fd, off_t limit);
