/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns - a network namespace of others, and the user namespace that one is root of it in */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct netns {
	int netns;
	int userns; /* for struct attach_plan: -1 where the calling process is in it already */
};

/* Unset descriptors. */
void netns_init(struct netns *target);
/* Closes them. */
void netns_done(struct netns *target);

/*
 * Opens the network namespace at path, and the user namespace that owns it (ioctl_ns(2)); a caller
 * may be in that already, as podman is, and then, and where the kernel may not tell, there is
 * nothing to enter. userns_path names another one, or is NULL. The descriptors are close-on-exec.
 * EINVAL if path is no network namespace.
 */
bool netns_open(const char *path, const char *userns_path, struct netns *ret_target,
		GError **error);

/*
 * The same of descriptors that the caller was given, which become ret_target's, also on failure;
 * userns may be unset. EINVAL if one is something else.
 */
bool netns_adopt(int netns, int userns, struct netns *ret_target, GError **error);

/* Whether it is the network namespace that the calling process is in. */
bool netns_is_own(const struct netns *target);

/* Enters both; the calling process must have one thread alone. */
bool netns_enter(const struct netns *target, GError **error);
