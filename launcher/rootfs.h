/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs - the command's view of the file system: pivot_root, /proc, /sys, /dev, /etc */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct rootfs_options {
	const char *path;	 /* ROOTFS as the user gave it; "/" is the host's own root */
	const char *resolv_conf; /* contents of /etc/resolv.conf */
	const char *hosts;	 /* contents of /etc/hosts */
};

/*
 * Checks ROOTFS before anything is started: exists, is a directory, can be searched. Each failure
 * names its cure.
 */
bool rootfs_check(const char *path, GError **error);

/*
 * Makes ROOTFS, with all mounts below it, the root of the calling process, which must be the first
 * one of new user, mount, PID, network, UTS, IPC and cgroup namespaces with all capabilities in
 * them and the host's /proc, /sys and /dev still in sight. New /proc, /sys and /dev are mounted and
 * the two files of /etc bound over. The old root is gone afterwards; the working directory is "/".
 * After a failure the process can only exit.
 *
 * Nothing is written into ROOTFS, not even a mount point. Where proc, sys, dev or etc, or one of
 * the files in etc, is missing, the directory that lacks it is shadowed (launcher/shadow.h):
 * entries that the command makes in that directory itself are lost at the end. A ROOTFS that has
 * them all is not shadowed.
 *
 * ROOTFS is not trusted: targets are resolved inside it (openat2(2) with RESOLVE_IN_ROOT), and a
 * symlink in the place of one of the four directories is an error. What is hidden in /proc and /sys
 * is hidden by mounts that root inside could unmount again; it lies there for accidents, not as a
 * barrier.
 */
bool rootfs_enter(const struct rootfs_options *options, GError **error);
