/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_split - a copy of one directory's entries, to be the lower layer of an overlay */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

struct overlay_split {
	int aside;	   /* copies are made in this directory */
	unsigned n_copies; /* so far */
	off_t n_bytes;	   /* so far */
};

/* What the copy has as empty entries only; arrays of char *. */
struct overlay_split_entries {
	GPtrArray *directories; /* to be merged one by one */
	GPtrArray *files;	/* too large, or not readable */
};

/*
 * Copies the entries of lower into a new directory: symlinks, FIFOs, sockets (dead ones), files of
 * up to a mebibyte while there is room for them; other files and directories empty, devices not at
 * all. Directories that upper does not have get one there like lower's; at the top proc, sys and
 * dev get none and are not listed. Returns the copy (O_PATH), the caller's, or -1 with errno set;
 * then there are no entries.
 */
int overlay_split_copy(struct overlay_split *split, int lower, int upper, bool is_top,
		       struct overlay_split_entries *ret_entries);

void overlay_split_entries_done(struct overlay_split_entries *entries);

/*
 * Makes a directory with the mode and times of another, unless the name is taken: its times are set
 * last, when it is filled, by overlay_split_copy() itself.
 */
bool overlay_split_make_like(int parent, const char *name, int model);
