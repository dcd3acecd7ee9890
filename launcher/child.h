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
 * Makes a network namespace for the calling process, C or M. Not by clone(2): the kernel takes a
 * millisecond for it, in which the launcher can see to the id maps. The failure begins with
 * CHILD_NO_NETWORK and has the kernel's code: only who is outside sees the limits that explain it.
 */
#define CHILD_NO_NETWORK "make a network namespace"
bool child_leave_network(GError **error);

/*
 * What C runs in its new namespaces: waits for its id maps and its cgroup, enters ROOTFS,
 * configures its side of the link, and becomes init (launcher/init.h). socket is C's end of its
 * pair with the launcher. own_network: it is still in the host's network, and not to stay there.
 * The order is in launcher/container.h.
 */
void child_run(const struct container_options *options, int socket,
	       bool own_network) G_GNUC_NORETURN;
