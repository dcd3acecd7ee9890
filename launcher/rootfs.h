/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs - the command's view of the file system: pivot_root, /proc, /sys, /dev, /etc */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/etc_cover.h"
#include "launcher/overlay.h"

struct rootfs_options {
	const char *path;	 /* ROOTFS as the user gave it; "/" is the host's own root */
	const char *resolv_conf; /* contents of /etc/resolv.conf; NULL: the host's */
	const char *hosts;	 /* contents of /etc/hosts; NULL: the host's */
	bool host_network;	 /* the network namespace is the host's */
	bool cover_etc;		 /* what is replaced outside must not uncover the two files */
	bool read_only;
	const GPtrArray *volumes;      /* of struct volume *, sorted; NULL: none */
	const struct overlay *overlay; /* prepared; NULL: what is written goes to ROOTFS */
};

/*
 * Checks ROOTFS before anything is started: exists, is a directory, can be searched. Each failure
 * names its cure.
 */
bool rootfs_check(const char *path, GError **error);

/*
 * Makes ROOTFS, with all mounts below it, the root of the calling process, which must be the first
 * one of new user, mount, PID, UTS, IPC and cgroup namespaces (and network, unless host_network)
 * with all capabilities in them and the host's /proc, /sys and /dev still in sight. New /proc, /sys
 * and /dev are mounted, the two files of /etc covered, and the volumes attached. The old root is
 * gone afterwards; the working directory is "/". After a failure the process can only exit.
 * The caller initialises *ret_cover, and calls etc_cover_bind() when there is time.
 *
 * Nothing is written into ROOTFS, not even a mount point. Where proc, sys, dev or etc, one of the
 * files in etc, or the target of a volume is missing, the directory that lacks it is shadowed
 * (launcher/shadow.h): entries that the command makes in that directory itself are lost at the end.
 * A ROOTFS that has them all is not shadowed. With an overlay they are made in its upper layer.
 * Where something is mounted on ROOTFS's /sys, as in "/", the root directory itself is read-only,
 * and its entries are mounts of their own, so that nothing of what is mounted there remains.
 *
 * ROOTFS is not trusted: targets are resolved inside it (openat2(2) with RESOLVE_IN_ROOT), and a
 * symlink in the place of one of the four directories is an error. What is hidden in /proc and /sys
 * is hidden by mounts that a command with CAP_SYS_ADMIN could unmount again; it lies there for
 * accidents, not as a barrier.
 */
bool rootfs_enter(const struct rootfs_options *options, struct etc_cover *ret_cover,
		  GError **error);
