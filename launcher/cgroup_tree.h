/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_tree - how this machine's cgroups are set up, and what is missing there */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/limit.h"

/* Where all of today's systems have the tree. */
#define CGROUP_TREE "/sys/fs/cgroup"

/*
 * The path of a process's cgroup below the mount point of the tree, from /proc/PID/cgroup, with a
 * leading slash; NULL when the process is in no cgroup v2, or in none that the caller can see.
 */
char *cgroup_tree_path(pid_t pid);

/*
 * Fails with one line when a controller that limits need is not in the file cgroup.controllers of
 * dir; path is dir's, for messages. Says which and how to get it: a kernel that has it only for
 * cgroup v1, one without it, or (where the machine has it and dir does not) delegation. proc is
 * "/proc"; another in tests.
 */
bool cgroup_tree_check(int dir, const char *path, const char *proc, const struct limits *limits,
		       GError **error);

/* Says that path is no cgroup v2, with a cure for machines that have v1 or the hybrid layout. */
void cgroup_tree_explain(const char *path, const struct limits *limits, GError **error);
