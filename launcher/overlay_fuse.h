/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_fuse - merges two layers by fuse-overlayfs, a process out of the container's reach */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/*
 * How it works
 *
 * Root inside must neither see nor trace the process, which has the host's files in sight. So it is
 * no child of the container: the launcher forks it, as the *helper*, into the host's PID namespace
 * before there is a container. When the kernel's overlayfs is not to be had, the container's first
 * process opens /dev/fuse, mounts that and sends it over with its user namespace. The helper joins
 * the user namespace, whose ids and rights it needs, makes a mount namespace of its own in which
 * the layers have fixed places, and becomes fuse-overlayfs. It gets SIGKILL when the launcher dies,
 * and ends by itself when the container's mounts are gone.
 */
#define OVERLAY_FUSE_UNMAPPED                                                                      \
	65534 /* how an id that is not mapped shows (/proc/sys/kernel/overflowuid) */

struct overlay_fuse {
	int pidfd;  /* the helper, or -1 */
	int socket; /* the container's end, or -1: there is no helper */
};

/* What the helper is to merge. */
struct overlay_fuse_layers {
	const char *rootfs;    /* lower: a path as rootfs_options has it */
	const char *directory; /* has upper and work; NULL: a new tmpfs has */
};

/* Whether fuse-overlayfs is installed and the caller may use /dev/fuse. */
bool overlay_fuse_check(GError **error);

/* Forks the helper. layers need not outlive the call. */
bool overlay_fuse_start(struct overlay_fuse *fuse, const struct overlay_fuse_layers *layers,
			GError **error);

/*
 * In the container's first process, with the host's /dev and /proc in sight: returns a detached
 * mount of the merged root, served by the helper at the other end of socket, or -1.
 */
int overlay_fuse_mount(int socket, GError **error);

/*
 * Ends the helper. With keep it first has a few seconds to write what the kernel still holds: the
 * container's processes must have ended.
 */
void overlay_fuse_done(struct overlay_fuse *fuse, bool keep);
