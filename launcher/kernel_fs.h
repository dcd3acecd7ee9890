/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_fs - the command's /proc and /sys, and what of them is hidden from it */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Mounts a /proc of the caller's PID namespace on the directory target, and hides or write-protects
 * what the OCI runtimes do ("maskedPaths" and "readonlyPaths" of config-linux.md), except
 * /proc/sys/net: the command's root owns the network namespace's settings. Inside a container that
 * hides parts of /proc the kernel refuses a new one; then the container's own /proc is bound, which
 * shows the container's processes. The host's /proc and /dev must still be visible.
 */
bool kernel_fs_mount_proc(int target, GError **error);

/*
 * Mounts a /sys of the caller's network namespace on the directory target. Where the kernel refuses
 * one, because the network namespace is the host's (host_network: it is not even tried) or because
 * a container around hides parts of its own, the host's is bound, read-only. /sys/fs/cgroup has one
 * mount where the kernel allows it, the cgroup2 tree of the caller's cgroup namespace, else none:
 * never what the host has there.
 */
bool kernel_fs_mount_sys(int target, bool host_network, GError **error);
