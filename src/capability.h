/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capability - gives up or passes on capabilities(7): the only place that knows libcap */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/*
 * Gives up, for good, all capabilities but the n_kept ones in kept (CAP_NET_ADMIN, ...): the
 * effective, permitted and bounding sets keep those that they had, the inheritable and ambient sets
 * become empty, and no_new_privs is set. Without any privilege it still sets no_new_privs.
 */
bool capability_keep_only(const int *kept, size_t n_kept, GError **error);

/*
 * Has every permitted capability survive execve(2), whatever user that is (the ambient set). Fails
 * where no_new_privs or the secure bits forbid it.
 */
bool capability_pass_on(GError **error);
