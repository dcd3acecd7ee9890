/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_files - /etc/resolv.conf and /etc/hosts with contents of ours, the originals untouched */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct root_tree;

/*
 * Makes /etc/resolv.conf and /etc/hosts in the tree read as the given texts, by bind mounts over
 * the files; symlinks are followed inside. A text of NULL stands for the file of that name that the
 * process sees outside the tree; without one there, or with one that is not a regular file of a
 * sane size, the tree's is left alone. Where one is missing in the tree or is no regular file, it
 * is made in a file system of our own, else /etc is shadowed (launcher/shadow.h). staging is the
 * root of an attached and writable tmpfs: it keeps the texts and may be detached afterwards. /etc
 * must be a directory.
 */
bool etc_files_install(struct root_tree *tree, int staging, const char *resolv_conf,
		       const char *hosts, GError **error);
