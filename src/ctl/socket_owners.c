/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_owners - which processes of a container have which of its sockets */
#include "src/ctl/socket_owners.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/container_process.h"
#include "src/ctl/proc_file.h"
#include "src/ctl/process_list.h"

struct socket_owners {
	struct socket_table *sockets;
	GHashTable *by_inode; /* guint64 -> GArray of struct socket_owner */
};

static void owner_clear(gpointer data)
{
	g_free(((struct socket_owner *)data)->name);
}

static void note_owner(struct socket_owners *owners, guint64 inode,
		       const struct process_entry *process, const char *name)
{
	GArray *list = g_hash_table_lookup(owners->by_inode, &inode);
	const struct socket_owner owner = {process->pid, process->host_pid, g_strdup(name)};

	if (!list) {
		list = g_array_new(FALSE, FALSE, sizeof(owner));
		g_array_set_clear_func(list, owner_clear);
		g_hash_table_insert(owners->by_inode, g_memdup2(&inode, sizeof(inode)), list);
	}
	/* One process may hold a socket by several descriptors, which come one after the other. */
	if (list->len == 0 ||
	    g_array_index(list, struct socket_owner, list->len - 1).host_pid != owner.host_pid)
		g_array_append_val(list, owner);
	else
		g_free(owner.name);
}

/* Of a descriptor that is a socket; else 0. */
static guint64 socket_inode(int dir, const char *entry)
{
	char target[64];
	ssize_t size = readlinkat(dir, entry, target, sizeof(target) - 1);
	unsigned long long inode;

	if (size <= 0)
		return 0;
	target[size] = '\0';
	return sscanf(target, "socket:[%llu]", &inode) == 1 ? inode : 0;
}

static void read_process(struct socket_owners *owners, const struct process_entry *process)
{
	autoclose int proc = proc_file_open_process(process->host_pid, NULL);
	g_autofree char *name = proc < 0 ? NULL : proc_file_read(proc, "comm", NULL);
	autoclose int fds = proc < 0 ? -1 : openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = name && fds >= 0 ? fdopendir(fds) : NULL;
	const struct dirent *entry;

	if (!dir)
		return;
	g_strchomp(name);
	while ((entry = readdir(dir))) {
		guint64 inode = socket_inode(fds, entry->d_name);
		if (inode)
			note_owner(owners, inode, process, name);
	}
	g_steal_fd(&fds);
	closedir(dir);
}

struct socket_owners *socket_owners_read(const char *container, GError **error)
{
	autocontainer struct container_process *command = container_process_open(container, error);
	g_autoptr(GArray) processes = command ? process_list_read(container, error) : NULL;

	if (!processes)
		return NULL;
	struct socket_owners *owners = g_new0(struct socket_owners, 1);
	owners->sockets = socket_table_new();
	owners->by_inode = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
						 (GDestroyNotify)g_array_unref);
	socket_table_read(owners->sockets, command->proc);
	for (guint i = 0; i < processes->len; i++)
		read_process(owners, &g_array_index(processes, struct process_entry, i));
	return owners;
}

void socket_owners_free(struct socket_owners *owners)
{
	if (!owners)
		return;
	socket_table_free(owners->sockets);
	g_hash_table_unref(owners->by_inode);
	g_free(owners);
}

const GArray *socket_owners_find(const struct socket_owners *owners, const struct socket_ends *ends)
{
	guint64 inode = socket_table_find(owners->sockets, ends);

	return inode ? g_hash_table_lookup(owners->by_inode, &inode) : NULL;
}
