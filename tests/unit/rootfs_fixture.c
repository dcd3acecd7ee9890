/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs_fixture - a small ROOTFS in a temporary directory */
#include "tests/unit/rootfs_fixture.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

char *rootfs_fixture_join(const struct rootfs_fixture *fixture, const char *name)
{
	return g_build_filename(fixture->rootfs, name, NULL);
}

void rootfs_fixture_make_dir(const struct rootfs_fixture *fixture, const char *name)
{
	g_autofree char *path = rootfs_fixture_join(fixture, name);

	g_assert_no_errno(g_mkdir_with_parents(path, 0755));
}

void rootfs_fixture_make_file(const struct rootfs_fixture *fixture, const char *name,
			      const char *text)
{
	g_autofree char *path = rootfs_fixture_join(fixture, name);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

void rootfs_fixture_make_symlink(const struct rootfs_fixture *fixture, const char *name,
				 const char *target)
{
	g_autofree char *path = rootfs_fixture_join(fixture, name);

	g_assert_no_errno(symlink(target, path));
}

void rootfs_fixture_make_fifo(const struct rootfs_fixture *fixture, const char *name)
{
	g_autofree char *path = rootfs_fixture_join(fixture, name);

	g_assert_no_errno(mkfifo(path, 0644));
}

void rootfs_fixture_init(struct rootfs_fixture *fixture)
{
	g_autofree char *canary = NULL;

	fixture->dir = g_dir_make_tmp("test-rootfs-XXXXXX", NULL);
	g_assert_nonnull(fixture->dir);
	fixture->rootfs = g_build_filename(fixture->dir, "root fs", NULL);
	g_assert_no_errno(mkdir(fixture->rootfs, 0755));
	canary = g_build_filename(fixture->dir, "canary", NULL);
	g_assert_true(g_file_set_contents(canary, "untouched\n", -1, NULL));
	rootfs_fixture_make_dir(fixture, "usr/bin");
	rootfs_fixture_make_file(fixture, "usr/bin/program", "program\n");
	rootfs_fixture_make_symlink(fixture, "bin", "usr/bin");
}

void rootfs_fixture_make_mount_points(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_dir(fixture, "proc");
	rootfs_fixture_make_dir(fixture, "sys");
	rootfs_fixture_make_dir(fixture, "dev");
	rootfs_fixture_make_dir(fixture, "etc");
	rootfs_fixture_make_file(fixture, "etc/passwd", "root:x:0:0::/:/bin/sh\n");
}

void rootfs_fixture_make_complete(const struct rootfs_fixture *fixture)
{
	rootfs_fixture_make_mount_points(fixture);
	rootfs_fixture_make_file(fixture, "etc/resolv.conf", "original\n");
	rootfs_fixture_make_file(fixture, "etc/hosts", "original\n");
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static FTS *walk_open(const struct rootfs_fixture *fixture)
{
	char *paths[] = {fixture->dir, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);

	g_assert_nonnull(walk);
	return walk;
}

char *rootfs_fixture_snapshot(const struct rootfs_fixture *fixture)
{
	GString *lines = g_string_new(NULL);
	FTS *walk = walk_open(fixture);
	const FTSENT *entry;

	while ((entry = fts_read(walk))) {
		const struct stat *st = entry->fts_statp;

		if (entry->fts_info == FTS_DP)
			continue;
		g_string_append_printf(lines, "%s %o %ld %lu %ld.%09ld %ld.%09ld\n",
				       entry->fts_path, st->st_mode, st->st_size, st->st_ino,
				       st->st_mtim.tv_sec, st->st_mtim.tv_nsec, st->st_ctim.tv_sec,
				       st->st_ctim.tv_nsec);
	}
	fts_close(walk);
	return g_string_free(lines, FALSE);
}

void rootfs_fixture_done(struct rootfs_fixture *fixture)
{
	FTS *walk = walk_open(fixture);
	const FTSENT *entry;

	while ((entry = fts_read(walk))) {
		if (entry->fts_info != FTS_D)
			remove(entry->fts_accpath);
	}
	fts_close(walk);
	g_free(fixture->dir);
	g_free(fixture->rootfs);
}
