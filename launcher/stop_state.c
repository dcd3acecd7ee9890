/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop_state - whether processes stop, or have stopped, for SIGTSTP */
#include "launcher/stop_state.h"

#include <signal.h>
#include <string.h>

#include <glib.h>

static const guint64 sigtstp_bit = G_GUINT64_CONSTANT(1) << (SIGTSTP - 1);

/* NULL where the file has no such line. */
static const char *find_field(const char *status, const char *name)
{
	const char *field = strstr(status, name);

	return field ? field + strlen(name) : NULL;
}

static bool is_in_set(const char *status, const char *name)
{
	const char *field = find_field(status, name);

	return field && (g_ascii_strtoull(field, NULL, 16) & sigtstp_bit);
}

static char task_state(const char *status)
{
	const char *field = find_field(status, "\nState:\t");

	return field ? *field : '\0';
}

static bool is_stopped(char state)
{
	return state == 'T' || state == 't';
}

static bool is_dead(char state)
{
	return state == 'Z' || state == 'X' || state == '\0';
}

static char *read_status(pid_t pid, const char *task)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%s/status", (int)pid, task);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/*
 * The status of a thread that runs; where there is none, that of one that has stopped; NULL when
 * all are dead. A thread runs on for a moment after another one has taken the signal.
 */
static char *read_liveliest(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)pid);
	GDir *tasks = g_dir_open(path, 0, NULL);
	char *found = NULL;
	const char *task;

	while (tasks && (task = g_dir_read_name(tasks)) &&
	       (!found || is_stopped(task_state(found)))) {
		g_autofree char *status = read_status(pid, task);
		if (status && !is_dead(task_state(status))) {
			g_free(found);
			found = g_steal_pointer(&status);
		}
	}
	g_clear_pointer(&tasks, g_dir_close);
	return found;
}

void stop_count_add(struct stop_count *count, pid_t pid)
{
	g_autofree char *status = read_liveliest(pid);

	if (!status)
		return;
	count->n_seen++;
	if (is_stopped(task_state(status)))
		count->n_stopped++;
	else if (is_in_set(status, "\nSigIgn:\t"))
		return;
	else if (is_in_set(status, "\nSigCgt:\t") || is_in_set(status, "\nSigBlk:\t"))
		count->n_catching++;
	else
		count->n_stopping++;
}

bool stop_is_due(pid_t pid)
{
	struct stop_count count = {0};

	stop_count_add(&count, pid);
	return count.n_stopping > 0;
}
