/* SPDX-License-Identifier: GPL-2.0-or-later */
/* landlock - takes all files away from the calling thread, but some: only place for landlock(7) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* Rights to what is in and below a directory, or to a file (LANDLOCK_ACCESS_FS_*). */
#define LANDLOCK_READ	(1U << 2 | 1U << 3) /* files, and lists of directories */
#define LANDLOCK_LIST	(1U << 3)
#define LANDLOCK_RMDIR	(1U << 4)
#define LANDLOCK_UNLINK (1U << 5)
#define LANDLOCK_WRITE	(1U << 1 | 1U << 14) /* also to truncate */
#define LANDLOCK_MKDIR	(1U << 7)
#define LANDLOCK_CREATE (1U << 8)		       /* regular files */
#define LANDLOCK_DEVICE (1U << 1 | 1U << 2 | 1U << 15) /* a device: to open it, and its ioctls */

struct landlock_right {
	int directory;	 /* any descriptor of it, or of a file; -1: the right is left out */
	uint64_t access; /* LANDLOCK_* above */
};

/*
 * From now on the calling thread, and those that it starts, can open, execute, make, remove and
 * change no file but by the n rights; nor, where the kernel knows how (6.12), connect to abstract
 * sockets or, unless may_signal, signal processes from before. Descriptors that are open stay as
 * they are; TCP is not restricted. Needs no_new_privs. ENOSYS: the kernel has no Landlock;
 * EOPNOTSUPP: it is switched off.
 */
bool landlock_restrict(const struct landlock_right *rights, size_t n, bool may_signal,
		       GError **error);
