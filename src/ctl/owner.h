/* SPDX-License-Identifier: GPL-2.0-or-later */
/* owner - becomes the user whose containers are asked for */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Gives up root's rights for good and takes those of a user (a name or a number), with all groups
 * and his HOME; from here on the process is no more than one that he started himself, and follows
 * no path of his as root. XDG_RUNTIME_DIR is forgotten unless it is a directory of his. Does
 * nothing for who is that user already. False when there is no such user, or the caller may not.
 */
bool owner_become(const char *user, GError **error);
