/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_files - /etc/resolv.conf and /etc/hosts with contents of ours, the originals untouched */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/etc_cover.h"

struct root_tree;

struct etc_texts {
	const char *resolv_conf;
	const char *hosts;
	bool follow; /* leave alone what reads as wanted: it may change later, and should */
};

struct etc_file {
	const char *name;
	char *text; /* NULL: nothing to be done */
};

struct etc_files {
	int staging; /* the caller's: root of an attached and writable tmpfs, to be detached later
		      */
	struct etc_file file[2];
	int directory; /* has the files of a text; O_PATH */
	struct etc_cover cover;
};

/* Nothing is decided yet. */
void etc_files_init(struct etc_files *files, int staging);
void etc_files_done(struct etc_files *files);

/*
 * Decides what /etc/resolv.conf and /etc/hosts in the tree are to read as. A text of NULL
 * stands for the file of that name that the process sees outside the tree; without one there, or
 * with one that is not a regular file of a sane size, the tree's is left alone.
 */
bool etc_files_prepare(struct etc_files *files, const struct etc_texts *texts,
		       const struct root_tree *tree, GError **error);

/*
 * Where nobody inside can make or replace entries of /etc, or is_read_only says so: covers it
 * (launcher/etc_cover.h) if that is possible. For the time before anything is mounted below it.
 */
bool etc_files_cover(struct etc_files *files, const struct root_tree *tree, bool is_read_only,
		     GError **error);

/*
 * Else: bind mounts over the files; symlinks are followed inside. Whoever replaces such a file
 * outside uncovers it. Where one is missing in the tree or is no regular file, it is made in a file
 * system of our own, else /etc is shadowed (launcher/shadow.h). /etc must be a directory.
 */
bool etc_files_install(const struct etc_files *files, struct root_tree *tree, GError **error);
