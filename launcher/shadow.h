/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow - a directory with more in it than there is on disk */
#pragma once

#include <sys/types.h>

#include <glib.h>

struct shadow_entry {
	const char *name; /* NULL ends an array */
	mode_t type;	  /* S_IFDIR or S_IFREG */
};

/*
 * Covers dir with a tmpfs that holds what dir holds, directories and files as bind mounts, symlinks
 * as copies, and besides the entries of added, empty; an entry of the same name in dir is left out,
 * and so is what the caller cannot even look at. Nothing is written into dir. In the covered
 * directory new entries go to the tmpfs, and entries of dir can be changed but neither renamed nor
 * removed (EBUSY). path is for messages: "/etc". Returns the tmpfs's root (O_PATH, close-on-exec),
 * the caller's, or -1.
 */
int shadow_directory(int dir, const char *path, const struct shadow_entry *added, GError **error);

/* The same on another directory: covers target with what from holds. */
int shadow_elsewhere(int from, int target, const char *path, const struct shadow_entry *added,
		     GError **error);

/* The names in a directory (O_PATH is enough) without "." and "..", or NULL with errno set. */
GPtrArray *shadow_list_names(int dir);
