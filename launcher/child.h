/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - C, the first process of a container, until it becomes init */
#pragma once

#include <glib.h>

#include "launcher/container.h"

/*
 * Enters the id maps of the calling process, C or M (idmap_enter()). Where that makes it somebody
 * else than the caller, who may not be able to search the directories on the way to ROOTFS, ROOTFS
 * becomes the working directory before, and options says so: a new mount namespace keeps it.
 */
bool child_take_ids(struct container_options *options, GError **error);

/*
 * What C runs in its new namespaces: waits for its id maps and its cgroup, enters ROOTFS,
 * configures its side of the link, and becomes init (launcher/init.h). socket is C's end of its
 * pair with the launcher. The order is in launcher/container.h.
 */
void child_run(const struct container_options *options, int socket) G_GNUC_NORETURN;
