/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_device - makes a TAP in the calling process's network namespace: the only place with TUN
 * ioctls */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/address.h"

/*
 * Checks from the host that /dev/net/tun can be opened, before anything is started. The failure
 * tells absent, no permission and no module apart and names the cure of each.
 */
bool tap_device_check(GError **error);

/*
 * Makes a TAP (IFF_TAP | IFF_NO_PI, Documentation/networking/tuntap.rst) called ifname in the
 * calling process's network namespace and returns its non-blocking, close-on-exec descriptor, or
 * -1. The device lives as long as the descriptor. A persistent TAP of that name that nobody holds
 * is taken as it is; then it outlives the descriptor.
 */
int tap_device_open(const char *ifname, GError **error);

/* The same with a name that has to be free: EBUSY, or EEXIST, if there is such a device. */
int tap_device_create(const char *ifname, GError **error);

/*
 * Checks that a descriptor which somebody else has made is a TAP without packet information and
 * makes it non-blocking. ret_ifname has IFNAMSIZ bytes.
 */
bool tap_device_adopt(int fd, char *ret_ifname, GError **error);

/* The device's own MAC address, in whatever namespace it is. */
bool tap_device_mac(int fd, struct mac_address *ret_mac, GError **error);

/* From now on the device ends with its last descriptor, or (persistent) outlives it. */
bool tap_device_set_persistent(int fd, bool persistent, GError **error);
