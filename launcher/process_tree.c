/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_tree - processes and their descendants, by /proc */
#include "launcher/process_tree.h"

#include <unistd.h>

static void add_children_of_task(GArray *pids, pid_t pid, const char *task)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%s/children", (int)pid, task);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	for (char **word = words; *word; word++) {
		pid_t child = (pid_t)g_ascii_strtoll(*word, NULL, 10);
		if (child > 0)
			g_array_append_val(pids, child);
	}
}

/* Each thread has the children that it forked. */
static void add_children(GArray *pids, pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)pid);
	GDir *tasks = g_dir_open(path, 0, NULL);
	const char *task;

	while (tasks && (task = g_dir_read_name(tasks)))
		add_children_of_task(pids, pid, task);
	g_clear_pointer(&tasks, g_dir_close);
}

GArray *process_tree_list(const pid_t *roots, size_t n_roots)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

	for (size_t i = 0; i < n_roots; i++) {
		g_autofree char *path = g_strdup_printf("/proc/%d", (int)roots[i]);
		if (roots[i] > 0 && access(path, F_OK) == 0)
			g_array_append_val(pids, roots[i]);
	}
	for (guint i = 0; i < pids->len; i++)
		add_children(pids, g_array_index(pids, pid_t, i));
	return pids;
}
