/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup - the container's own control group: limits, freezer, removal */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/deputy.h"
#include "launcher/limit.h"
#include "src/json.h"

/*
 * How it works
 *
 *   BASE                     delegated to us, without processes of its own
 *   BASE/GROUP               the limits; nothing inside can see or write it
 *   BASE/GROUP/container     the processes; root of their cgroup namespace
 *
 * BASE is --cgroup-parent, or a scope of the user's systemd, or the launcher's own cgroup, tried in
 * this order. GROUP is "netns-run-NAME", in the scope just "limits". Files
 * below a delegated cgroup belong to the user, who is often root inside: that root may write
 * container/memory.max, but the limit one level above holds, and is out of its sight. It has the
 * same numbers in container/, where runtimes look for them (memory.max, cpu.max). Where the tree is
 * mounted with nsdelegate, the kernel does not let it write those either.
 *
 * The scope's own files stay systemd's, which writes its properties there whenever it reloads.
 *
 * No cgroup with processes can give controllers to those below it. So the first process goes into
 * container/ first, then controllers are enabled from BASE downwards, then limits are written.
 */
struct cgroup;

struct cgroup_place {
	const char *parent; /* --cgroup-parent, or NULL */
	const char *name;   /* of the container */
};

/*
 * Plans a cgroup and checks what can be checked before there is a process: this machine's layout,
 * controllers, --cgroup-parent. The caller frees it with cgroup_free().
 */
struct cgroup *cgroup_create(const struct limits *limits, const struct cgroup_place *place,
			     GError **error);

/*
 * Makes it and moves the process, which has one thread and waits, into it. The caller's process has
 * one thread, too. May ask systemd (systemd_scope.h), which takes milliseconds, at most 30 s.
 */
bool cgroup_start(struct cgroup *cgroup, pid_t pid, GError **error);

/*
 * Makes a cgroup for a container that runs already, which only systemd can give then; roots and all
 * that descends from them are moved. Memory that they have got before stays where it was counted.
 * A deputy, not NULL, starts the processes for that, and knows the roots.
 */
#define CGROUP_N_ROOTS 2
struct cgroup *cgroup_adopt(const char *name, const pid_t roots[CGROUP_N_ROOTS],
			    struct deputy *deputy, GError **error);

/* Where limits are, as a path of the file system; valid after cgroup_start(). */
const char *cgroup_path(const struct cgroup *cgroup);
const struct limits *cgroup_limits(const struct cgroup *cgroup);

/*
 * Sets the limits that are set in changes, for processes that are running. On failure the former
 * ones are written again.
 */
bool cgroup_apply(struct cgroup *cgroup, const struct limits *changes, GError **error);

/* Freezes or thaws all processes; returns when that is so. After 10 s it gives up and thaws. */
bool cgroup_set_frozen(struct cgroup *cgroup, bool frozen, GError **error);
bool cgroup_is_frozen(const struct cgroup *cgroup);

/* Adds members with what the container uses, see cgroup_stats.h. */
void cgroup_add_stats(const struct cgroup *cgroup, JsonBuilder *builder);

/* Moves one more process into the container's cgroup, e.g. of exec. */
bool cgroup_add(const struct cgroup *cgroup, pid_t pid, GError **error);

/* Kills what still runs in the cgroup, removes it, frees. Accepts NULL. */
void cgroup_free(struct cgroup *cgroup);
