/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_tree - processes and their descendants, by /proc */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include <glib.h>

/*
 * The roots and all that descends from them now, of pid_t, without those that have gone; PID 1 of a
 * PID namespace is an ancestor of all in it. Needs CONFIG_PROC_CHILDREN, else it is the roots
 * alone. Free with g_array_unref().
 */
GArray *process_tree_list(const pid_t *roots, size_t n_roots);
