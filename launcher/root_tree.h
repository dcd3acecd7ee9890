/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root_tree - the command's root under construction: finds and makes what is mounted on */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

struct root_tree {
	int root;    /* O_PATH; replaced when the root directory itself is shadowed */
	GArray *own; /* of dev_t: file systems that we made, where directories may be made */
};

/* Nothing is set. root_tree_done() closes root. */
void root_tree_init(struct root_tree *tree);
void root_tree_done(struct root_tree *tree);

/* Counts the file system of fd among our own. */
bool root_tree_add_own(struct root_tree *tree, int fd, GError **error);
bool root_tree_is_own(const struct root_tree *tree, int fd);

/*
 * Opens path (O_PATH; flags are added) inside; symlinks, "/" and ".." stay inside, magic links are
 * refused. -1 with errno set.
 */
int root_tree_open(const struct root_tree *tree, const char *path, int flags);

/*
 * The same, but makes what is missing: path and its parents, type being S_IFDIR or S_IFREG. In a
 * file system of our own it is made; where that is not possible, or the deepest directory that
 * exists is not ours, that is shadowed (launcher/shadow.h), so that nothing is written anywhere
 * else. A symlink that leads nowhere counts as missing and is replaced. What exists may be of
 * another type.
 */
int root_tree_make(struct root_tree *tree, const char *path, mode_t type, GError **error);
