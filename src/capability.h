/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capability - gives up, bounds or passes on capabilities(7): the only place that knows libcap */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* One bit for each capability, by its number. */
#define CAPABILITY_BIT(number) (UINT64_C(1) << (number))

/*
 * Parses a name, with or without CAP_, in any case. False for one that the library or the running
 * kernel does not know.
 */
bool capability_parse(const char *name, int *ret_number);

/* The known names that are like an unknown one, separated by ", ", or ""; the caller frees. */
char *capability_suggest(const char *name);

/* The name as in CAP_NET_RAW; the caller frees. */
char *capability_name(int number);

/* All that the running kernel has. */
uint64_t capability_all(void);

/* Takes all but these out of the bounding set, and empties the ambient one. Needs CAP_SETPCAP. */
bool capability_bound(uint64_t kept, GError **error);

/*
 * Permitted and effective become what both kept and the permitted set have, inheritable empty.
 */
bool capability_keep(uint64_t kept, GError **error);

/* True if capability (CAP_SETUID, ...) is in the calling process's effective set. */
bool capability_has(int capability);
