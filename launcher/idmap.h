/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap - user and group id maps of a new user namespace (user_namespaces(7)) */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/* True if the calling process's effective uid is 0, and is 0 in the parent user namespace, too. */
bool idmap_is_real_root(void);

/*
 * Maps id 0 of the user namespace of process pid to uid and gid of the calling process's own user
 * namespace, and denies setgroups(2), without which the kernel lets no ordinary user map a group.
 */
bool idmap_write_single(pid_t pid, uid_t uid, gid_t gid, GError **error);
