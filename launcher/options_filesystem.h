/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_filesystem - the options of netns-run about the command's file system */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/overlay.h"

struct filesystem_options {
	GPtrArray *volumes;	    /* --volume, --tmpfs: of struct volume *, parents first */
	gboolean read_only;	    /* --read-only */
	gboolean disposable;	    /* --disposable */
	char *overlay;		    /* --overlay DIR, or NULL */
	enum overlay_driver driver; /* --overlay-driver */
};

void filesystem_options_init(struct filesystem_options *options);
void filesystem_options_done(struct filesystem_options *options);

/* The group's callbacks write into options, which must outlive it. The caller owns the group. */
GOptionGroup *filesystem_options_group(struct filesystem_options *options);

/*
 * After parsing: sorts the volumes, and refuses what contradicts itself and sources that are not
 * there. Failures carry a cure.
 */
bool filesystem_options_check(struct filesystem_options *options, GError **error);

/* Whether writes are to go to a layer above ROOTFS. */
bool filesystem_options_overlay(const struct filesystem_options *options);
