/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs_checks - what holds inside every root file system, checked from inside */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Prints a failed check as a TAP comment and returns false from the function. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "# %s:%d: check failed: %s (errno: %s)\n", __FILE__,       \
				__LINE__, #condition, strerror(errno));                            \
			return false;                                                              \
		}                                                                                  \
	} while (0)

bool rootfs_checks_file_is(const char *path, const char *text);
bool rootfs_checks_link_is(const char *path, const char *target);
bool rootfs_checks_write(const char *path, const char *text);

/* The devices of devices_mount(), working. */
bool rootfs_checks_devices(void);
/* A /proc of the own PID namespace, with masks, and with writable network settings. */
bool rootfs_checks_proc(void);
/* A /sys of the own network namespace, with cgroup2. */
bool rootfs_checks_sys(void);
/* One mount on "/" and none of the host's other file systems (proc_pid_mountinfo(5)). */
bool rootfs_checks_old_root_is_gone(void);
