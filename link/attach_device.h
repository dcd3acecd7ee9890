/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach_device - the device that a namespace already has under the name that a link is to have */
#pragma once

#include <stdbool.h>

#include <glib.h>

enum attach_device_kind {
	ATTACH_DEVICE_NONE,	  /* the name is free */
	ATTACH_DEVICE_BARE,	  /* a persistent TAP that nobody holds, without addresses */
	ATTACH_DEVICE_CONFIGURED, /* one that has addresses */
};

struct attach_device {
	enum attach_device_kind kind;
	int tap; /* holds it; unset with ATTACH_DEVICE_NONE */
};

/*
 * Looks for ifname in the calling process's network namespace and takes it. Any other device of
 * that name, or a TAP that another process holds, is an error; one that is about to go (the link of
 * a helper that has just ended) is waited for.
 */
bool attach_device_take(const char *ifname, struct attach_device *ret_device, GError **error);

/* Closes the descriptor: a TAP that was there before stays. */
void attach_device_done(struct attach_device *device);

/* Gives the name of a bare TAP free, and back to it, up again, if nothing came of it. */
bool attach_device_set_aside(const char *ifname, GError **error);
bool attach_device_bring_back(const char *ifname, GError **error);
