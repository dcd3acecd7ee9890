/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devices - the command's /dev: a tmpfs with the harmless devices of the host */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Mounts a tmpfs on the directory dev and fills it as the OCI runtime specification asks
 * (config-linux.md, "Default Devices", and "Dev symbolic links" of runtime-linux.md): null, zero,
 * full, random, urandom and tty bound from the host's /dev, an own devpts, shm, the symlinks to
 * /proc/self/fd; besides, where possible, mqueue, net/tun, and console for the terminal at standard
 * input. The host's /dev and /proc must still be visible.
 */
bool devices_mount(int dev, GError **error);
