/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scope_gather - brings processes that are running already into a scope of systemd */
#include "launcher/scope_gather.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "launcher/cgroup_tree.h"
#include "launcher/process_tree.h"
#include "launcher/systemd_scope.h"
#include "src/failure.h"

#define ROUNDS_MAX 20

/* systemd refuses a list when one of its processes has ended: then it is worth another try. */
static bool has_lost_one(const GArray *pids)
{
	for (guint i = 0; i < pids->len; i++) {
		g_autofree char *path =
			g_strdup_printf("/proc/%d", (int)g_array_index(pids, pid_t, i));
		if (access(path, F_OK) < 0)
			return true;
	}
	return false;
}

static bool is_in_scope(pid_t pid, const char *unit)
{
	g_autofree char *path = cgroup_tree_path(pid);
	g_auto(GStrv) parts = g_strsplit(path ? path : "", "/", -1);

	return g_strv_contains((const char *const *)parts, unit);
}

static void keep_outside(GArray *pids, const char *unit)
{
	for (guint i = pids->len; i > 0; i--)
		if (is_in_scope(g_array_index(pids, pid_t, i - 1), unit))
			g_array_remove_index_fast(pids, i - 1);
}

/* One request; false only for a failure that another one does not help. */
static bool request(const char *unit, const GArray *pids, bool is_first, bool *ret_done,
		    GError **error)
{
	g_autoptr(GError) failure = NULL;
	const pid_t *data = (const pid_t *)(const void *)pids->data;

	*ret_done = is_first ? systemd_scope_start(unit, data, pids->len, &failure)
			     : systemd_scope_attach(unit, data, pids->len, &failure);
	if (*ret_done || has_lost_one(pids))
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

bool scope_gather(const char *unit, const pid_t *roots, size_t n_roots, GError **error)
{
	bool started = false;

	for (int round = 0; round < ROUNDS_MAX; round++) {
		g_autoptr(GArray) pids = process_tree_list(roots, n_roots);
		bool done = false;
		if (started)
			keep_outside(pids, unit);
		if (pids->len == 0 && started)
			return true;
		if (!request(unit, pids, !started, &done, error))
			return false;
		started = started || done;
	}
	failure_set(error, EAGAIN, "try again", "processes come faster than systemd moves them");
	return false;
}
