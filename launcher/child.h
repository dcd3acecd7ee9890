/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - C, the first process of a container, until it becomes init */
#pragma once

#include <glib.h>

#include "launcher/container.h"

/*
 * What C runs in its new namespaces: waits for its id maps and its cgroup, enters ROOTFS,
 * configures its side of the link, and becomes init (launcher/init.h). socket is C's end of its
 * pair with the launcher. The order is in launcher/container.h.
 */
void child_run(const struct container_options *options, int socket) G_GNUC_NORETURN;
