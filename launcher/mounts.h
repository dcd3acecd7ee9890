/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mounts - mounts by descriptor: make, clone, restrict, attach, and find where to */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Thin covers of the descriptor-based mount calls (Linux 5.2 to 5.12). Descriptors are O_PATH and
 * close-on-exec and are the caller's; a detached mount is gone when its last descriptor is closed.
 * Failures are -1 or false with errno set: the caller knows the object's name.
 */

/* What every mount gets that needs neither set-uid programs, nor devices, nor programs at all. */
#define MOUNTS_DATA_ONLY (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/*
 * Makes a new file system and a detached mount of it. options are pairs of key and value, ended by
 * NULL, or NULL; a value of NULL makes a flag of its key. attributes are MOUNT_ATTR_*
 * (mount_setattr(2)).
 */
int mounts_create(const char *type, const char *const *options, unsigned attributes);

/*
 * Makes a detached copy of what is seen at path (relative to dir), with all mounts below it. flags
 * are AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW and AT_NO_AUTOMOUNT. Recursion is no choice: the kernel
 * refuses to uncover what a mount of the parent user namespace hides (mount_namespaces(7)).
 */
int mounts_clone(int dir, const char *path, unsigned flags);

/* What the mount of dir forbids, and one that is laid over it must: some of MOUNTS_DATA_ONLY. */
unsigned mounts_inherited(int dir);

/* Sets attributes (MOUNT_ATTR_*) on the mount and on all below it. */
bool mounts_restrict(int mount, uint64_t attributes);

/* The same for the one mount. */
bool mounts_restrict_one(int mount, uint64_t attributes);

/*
 * Attaches a detached mount at name (relative to dir, a symlink at its end is not followed) or, if
 * name is "", at dir itself, on top of what is mounted there.
 */
bool mounts_attach(int mount, int dir, const char *name);

/* openat2(2): flags as of open(2), resolve RESOLVE_*. */
int mounts_resolve(int root, const char *path, uint64_t flags, uint64_t resolve);
