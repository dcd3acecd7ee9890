/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay - a session whose writes go to a layer above ROOTFS: --disposable and --overlay */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/overlay_fuse.h"
#include "launcher/root_tree.h"

/*
 * How it works
 *
 * ROOTFS, read-only, is the lower layer. The upper one is a tmpfs that nothing but the new mounts
 * refers to (disposable), or DIR/upper. The kernel's overlayfs merges them (launcher/
 * overlay_layers.h); where it refuses, fuse-overlayfs does (launcher/overlay_fuse.h).
 */

/* What merges the layers. */
enum overlay_driver {
	OVERLAY_DRIVER_AUTO, /* the kernel, else fuse-overlayfs */
	OVERLAY_DRIVER_KERNEL,
	OVERLAY_DRIVER_FUSE,
};

/* auto, kernel or fuse; the string is constant. */
const char *overlay_driver_name(enum overlay_driver driver);

/* What the launcher prepares. */
struct overlay {
	enum overlay_driver driver;
	char *directory; /* absolute path of DIR; NULL: disposable */
	bool is_host_root;
	char *fallback_reason; /* why auto does not take fuse-overlayfs for "/", or NULL */
	int lock;	       /* holds DIR's lock, or -1 */
	struct overlay_fuse fuse;
};

/* Nothing is prepared. */
void overlay_init(struct overlay *overlay);

/*
 * In the launcher, before the container's processes: makes DIR with upper and work where missing,
 * locks DIR, and forks the helper that may become fuse-overlayfs. directory is NULL for a
 * disposable session; rootfs is a path as rootfs_options has it. Failures name the cure. The
 * overlay must be initialised, and overlay_done() called in any case.
 */
bool overlay_prepare(struct overlay *overlay, enum overlay_driver driver, const char *directory,
		     const char *rootfs, GError **error);

/*
 * In the container's first process: attaches the merged root to the directory "root" of staging,
 * sets tree->root to it and adds its file systems to the tree's own. lower is a detached recursive
 * clone of ROOTFS; it becomes read-only and is attached in staging, an attached tmpfs over "/".
 * Descriptors of overlay itself are not used, but for the socket of the helper.
 */
bool overlay_mount(const struct overlay *overlay, int lower, int staging, struct root_tree *tree,
		   GError **error);

/* Waits until fuse-overlayfs has written what is to be kept, ends it, lets DIR go. */
void overlay_done(struct overlay *overlay);
