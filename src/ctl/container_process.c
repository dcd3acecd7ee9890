/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container_process - the command of a running container, and proof that it is */
#include "src/ctl/container_process.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/message.h"
#include "src/ctl/proc_file.h"
#include "src/failure.h"
#include "src/json.h"
#include "src/state_dir.h"

static bool not_there(const char *container, GError **error)
{
	failure_set(error, EAGAIN, "try again", "container '%s' is starting or ending", container);
	return false;
}

static bool not_ours(const char *container, GError **error)
{
	failure_set(
		error, EOPNOTSUPP,
		"use the program that made its namespaces, or nsenter(1) with one of their PIDs",
		"'%s' is a network without a command", container);
	return false;
}

/* ret_pid may be NULL: networks for namespaces of others have none. */
static bool read_pids(const char *container, int *ret_launcher, int *ret_pid, GError **error)
{
	g_autofree char *text = state_dir_read(container, error);

	if (!text)
		return false;
	g_autoptr(JsonObject) state = message_parse(text, strlen(text));
	gint64 launcher = state ? message_int(state, "pid", 0) : 0;
	gint64 pid = state ? message_int(state, "child_pid", 0) : 0;
	if (launcher > 0 && ret_pid && !json_object_has_member(state, "command"))
		return not_ours(container, error);
	if (launcher <= 0 || launcher > INT_MAX || (ret_pid && (pid <= 0 || pid > INT_MAX)))
		return not_there(container, error);
	*ret_launcher = (int)launcher;
	if (ret_pid)
		*ret_pid = (int)pid;
	return true;
}

/* Of "status". */
struct lineage {
	int parent;
	unsigned n_pids; /* in how many PID namespaces it has a PID, from ours on */
	bool is_first;	 /* PID 1 of the last of them */
};

static bool read_lineage(int proc, struct lineage *ret_lineage)
{
	g_autofree char *status = proc < 0 ? NULL : proc_file_read(proc, "status", NULL);
	g_auto(GStrv) parent = status ? proc_file_status_line(status, "PPid") : NULL;
	g_auto(GStrv) pids = status ? proc_file_status_line(status, "NSpid") : NULL;
	unsigned n_pids = pids ? g_strv_length(pids) : 0;

	if (!parent || !parent[0] || n_pids == 0)
		return false;
	*ret_lineage = (struct lineage){
		.parent = atoi(parent[0]),
		.n_pids = n_pids,
		.is_first = n_pids > 1 && g_str_equal(pids[n_pids - 1], "1"),
	};
	return true;
}

/* CMD's parent is our init, or with --init=off the launcher. Also fills in the depth. */
static bool is_of_launcher(struct container_process *process)
{
	struct lineage own, parent, again;

	if (!read_lineage(process->proc, &own))
		return false;
	process->depth = own.n_pids - 1;
	if (own.is_first && own.parent == process->launcher)
		return true;
	autoclose int init = proc_file_open_process(own.parent, NULL);
	/* Once more: it was no other process yet that was opened by the parent's PID. */
	return read_lineage(init, &parent) && read_lineage(process->proc, &again) &&
	       again.parent == own.parent && parent.is_first && parent.n_pids == own.n_pids &&
	       parent.parent == process->launcher;
}

static bool still_runs(const char *container, const struct container_process *process,
		       GError **error)
{
	int launcher, pid;

	return read_pids(container, &launcher, &pid, error) &&
	       ((launcher == process->launcher && pid == process->pid) ||
		not_there(container, error));
}

struct container_process *container_process_open(const char *container, GError **error)
{
	autocontainer struct container_process *process = g_new(struct container_process, 1);

	*process = (struct container_process){.proc = -1};
	if (!read_pids(container, &process->launcher, &process->pid, error))
		return NULL;
	process->proc = proc_file_open_process(process->pid, NULL);
	if (process->proc < 0 || !is_of_launcher(process)) {
		not_there(container, error);
		return NULL;
	}
	return still_runs(container, process, error) ? g_steal_pointer(&process) : NULL;
}

void container_process_free(struct container_process *process)
{
	if (!process)
		return;
	close_fd(&process->proc);
	g_free(process);
}

int container_process_open_launcher(const char *container, GError **error)
{
	int launcher, again;

	if (!read_pids(container, &launcher, NULL, error))
		return -1;
	autoclose int fd = (int)syscall(SYS_pidfd_open, launcher, 0);
	if (fd < 0 && errno != ESRCH) {
		failure_errno(error, "pidfd_open of container '%s'", container);
		return -1;
	}
	if (!read_pids(container, &again, NULL, error))
		return -1;
	if (fd < 0 || again != launcher) {
		not_there(container, error);
		return -1;
	}
	return g_steal_fd(&fd);
}
