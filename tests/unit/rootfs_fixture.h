/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs_fixture - a small ROOTFS in a temporary directory */
#pragma once

#include <glib.h>

/* rootfs, inside dir, is what a test enters; dir/canary must stay what it is. */
struct rootfs_fixture {
	char *dir;
	char *rootfs;
};

/* Makes both, with /usr/bin/program and the symlink /bin in rootfs, and no mount points. */
void rootfs_fixture_init(struct rootfs_fixture *fixture);
void rootfs_fixture_done(struct rootfs_fixture *fixture);

/* Make what the name says, name being relative to rootfs. Failures are failed assertions. */
void rootfs_fixture_make_dir(const struct rootfs_fixture *fixture, const char *name);
void rootfs_fixture_make_file(const struct rootfs_fixture *fixture, const char *name,
			      const char *text);
void rootfs_fixture_make_symlink(const struct rootfs_fixture *fixture, const char *name,
				 const char *target);
void rootfs_fixture_make_fifo(const struct rootfs_fixture *fixture, const char *name);

/* Makes proc, sys, dev and etc, with /etc/passwd. */
void rootfs_fixture_make_mount_points(const struct rootfs_fixture *fixture);
/* The same with resolv.conf and hosts. */
void rootfs_fixture_make_complete(const struct rootfs_fixture *fixture);

/* The path of an entry of rootfs; the caller owns the string. */
char *rootfs_fixture_join(const struct rootfs_fixture *fixture, const char *name);

/*
 * One line for each entry of dir: path, mode, size, inode, modification and change times. The
 * caller owns the string.
 */
char *rootfs_fixture_snapshot(const struct rootfs_fixture *fixture);
