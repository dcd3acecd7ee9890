/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_base - the directory that those of running containers are in */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Its path, which need not exist: $XDG_RUNTIME_DIR/netns-run, with /run/user/UID where the variable
 * is unset, and /run in place of /run/user/0; /tmp/netns-run-UID where that is no directory of the
 * user's own. UID is, for root of a user namespace, the user's outside of it, so that all who share
 * a file system agree. The caller owns it.
 */
char *state_base_path(void);

/*
 * Opens it and locks it (flock(2)) until the descriptor is closed. -1 on error: ENOENT, EPERM where
 * it belongs to another user or is open to others.
 */
int state_base_open(const char *path, GError **error);

/* Locks one that is open. */
bool state_base_lock(int base, GError **error);
