/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_layers - merges two layers by the kernel's overlayfs, mount by mount */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/root_tree.h"

/* All are directories in attached mounts of the caller's mount namespace, O_PATH. */
struct overlay_layers {
	int lower;  /* the root of a read-only mount; there may be others below it */
	int upper;  /* what is written goes here */
	int work;   /* for overlayfs itself, on the same mount as upper */
	int aside;  /* an empty directory on a writable tmpfs */
	int target; /* the merged directory is mounted here */
	/*
	 * Directories (paths below lower, ended by NULL; or NULL) that must take new entries though
	 * those above them may have foreign owners: they and those above are made in upper.
	 */
	const char *const *opened;
};

/*
 * How it works
 *
 * overlayfs merges directories of one file system and does not see what is mounted below them.
 * Worse, a user namespace may not take as a layer what has mounts of its parent on it: that would
 * uncover what they hide (mount_namespaces(7)), and "/" always has some. So such a directory is
 * split: an overlay whose lower layer is a copy of the directory's own entries, empty directories
 * among them, and on each of those again an overlay, or a split.
 *
 * What cannot be merged stays what lower is, read-only: other kinds of file system, large or
 * unreadable files in a split directory. Nothing can be written to any of them.
 *
 * Needs the host's /proc in sight. proc, sys and dev at the top stay empty: others are mounted
 * there. The file systems that are made are added to the tree's own. False when a part of lower's
 * own file system cannot be merged; the mounts at target are left to the caller then.
 */
bool overlay_layers_mount(const struct overlay_layers *layers, struct root_tree *tree,
			  GError **error);
