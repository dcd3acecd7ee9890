/* SPDX-License-Identifier: GPL-2.0-or-later */
/* volumes - mounts what the user asks for into the command's root */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/root_tree.h"

/*
 * How it works
 *
 * Sources are the user's: volumes_open() takes them by path, as the user, before anything else is
 * mounted. Targets are ROOTFS's, which may be hostile: they are resolved inside the tree.
 * volumes_make_targets() makes those that lie in the root itself, while that is writable;
 * volumes_attach() the others, when what they lie in is mounted.
 *
 * The arrays are of struct volume * (launcher/volume.h), sorted by volume_compare().
 */

/*
 * Detached mounts, of int, one for each volume; freeing the array closes them. NULL when a source
 * cannot be reached, or the kernel refuses a tmpfs's options.
 */
GArray *volumes_open(const GPtrArray *volumes, GError **error);

/*
 * Makes the targets that are missing in the root itself. Fails where one is of another kind than
 * its source, or leads in a circle or to /proc.
 */
bool volumes_make_targets(const GPtrArray *volumes, const GArray *mounts, struct root_tree *tree,
			  GError **error);

/* Makes the targets that are still missing and attaches the mounts, in order. */
bool volumes_attach(const GPtrArray *volumes, const GArray *mounts, struct root_tree *tree,
		    GError **error);
