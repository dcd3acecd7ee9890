/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_device - makes a TAP in the calling process's network namespace: the only place with TUN
 * ioctls */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Checks from the host that /dev/net/tun can be opened, before anything is started. The failure
 * tells absent, no permission and no module apart and names the cure of each.
 */
bool tap_device_check(GError **error);

/*
 * Makes a TAP (IFF_TAP | IFF_NO_PI, Documentation/networking/tuntap.rst) called ifname in the
 * calling process's network namespace and returns its non-blocking, close-on-exec descriptor, or
 * -1. The device lives as long as the descriptor.
 */
int tap_device_open(const char *ifname, GError **error);
