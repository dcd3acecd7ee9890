/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_tree - how this machine's cgroups are set up, and what is missing there */
#include "launcher/cgroup_tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "launcher/cgroup_dir.h"
#include "src/failure.h"

#define UNIFY "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
#define DELEGATE                                                                                   \
	"as root: put [Service] and Delegate=cpu cpuset io memory pids, on two lines, into "       \
	"/etc/systemd/system/user@.service.d/delegate.conf; systemctl daemon-reload; log in again"

char *cgroup_tree_path(pid_t pid)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/cgroup", (int)pid);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		return NULL;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (!g_str_has_prefix(*line, "0::/"))
			continue;
		/* It is outside of our cgroup namespace. */
		if (g_str_has_prefix(*line + 3, "/.."))
			return NULL;
		return g_strdup(*line + 3);
	}
	return NULL;
}

/* What /proc/cgroups knows: the number of the v1 hierarchy (0: none) and whether it is enabled. */
static bool find_controller(const char *proc, const char *name, unsigned *ret_hierarchy,
			    unsigned *ret_enabled)
{
	g_autofree char *path = g_build_filename(proc, "cgroups", NULL);
	g_autofree char *text = NULL;

	/* There the controller io still has its old name. */
	if (g_str_equal(name, "io"))
		name = "blkio";
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		size_t length = strcspn(*line, "\t ");
		if (strlen(name) == length && strncmp(*line, name, length) == 0)
			return sscanf(*line + length, "%u %*u %u", ret_hierarchy, ret_enabled) == 2;
	}
	return false;
}

/* The root of the tree has no parent that could delegate; a cgroup namespace's root has one. */
static bool is_true_root(int dir)
{
	return !cgroup_dir_has(dir, "cgroup.events");
}

static void explain_missing(int dir, const char *path, const char *proc, enum limit limit,
			    GError **error)
{
	const char *controller = limits_controller(limit), *option = limits_name(limit);
	g_autofree char *enable = g_strdup_printf(
		"boot with cgroup_enable=%s on the kernel's command line", controller);
	unsigned hierarchy = 0, enabled = 1;
	/* Linux 6.11 and later can be built without /proc/cgroups, and then without v1. */
	bool known = find_controller(proc, controller, &hierarchy, &enabled);

	if (known && hierarchy != 0)
		failure_set(error, ENOTSUP, UNIFY,
			    "--%s needs the cgroup v2 controller '%s', which this machine has for "
			    "cgroup v1 only",
			    option, controller);
	else if (known && !enabled)
		failure_set(error, ENOTSUP, enable,
			    "--%s needs the cgroup controller '%s', which is switched off in this "
			    "kernel",
			    option, controller);
	else if (is_true_root(dir))
		failure_set(
			error, ENOTSUP, "take a kernel that is built with it",
			"--%s needs the cgroup controller '%s', which this kernel does not have",
			option, controller);
	else
		failure_set(error, ENOTSUP, DELEGATE,
			    "--%s needs the cgroup controller '%s', which %s does not have", option,
			    controller, path);
}

bool cgroup_tree_check(int dir, const char *path, const char *proc, const struct limits *limits,
		       GError **error)
{
	for (int i = 0; i < N_LIMITS; i++) {
		const char *controller = limits_controller((enum limit)i);
		if (!limits->is_set[i] ||
		    cgroup_dir_has_word(dir, "cgroup.controllers", controller))
			continue;
		explain_missing(dir, path, proc, (enum limit)i, error);
		return false;
	}
	return true;
}

void cgroup_tree_explain(const char *path, const struct limits *limits, GError **error)
{
	for (int i = 0; i < N_LIMITS; i++) {
		if (!limits->is_set[i])
			continue;
		failure_set(error, ENOTSUP, UNIFY,
			    "--%s needs the controller '%s' of cgroup v2, and %s is not cgroup v2",
			    limits_name((enum limit)i), limits_controller((enum limit)i), path);
		return;
	}
	failure_set(error, ENOTSUP, UNIFY, "%s is not cgroup v2", path);
}
