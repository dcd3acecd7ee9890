/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap - user and group id maps of a new user namespace (user_namespaces(7)) */
#include "launcher/idmap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

static bool write_proc(pid_t pid, const char *file, const char *text, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* One write(2): the kernel takes a map only as a whole. */
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return failure_errno(error, "write %s", path);
	return true;
}

bool idmap_is_real_root(void)
{
	g_autofree char *map = NULL;
	unsigned inside, outside;

	return geteuid() == 0 && g_file_get_contents("/proc/self/uid_map", &map, NULL, NULL) &&
	       sscanf(map, "%u %u", &inside, &outside) == 2 && inside == 0 && outside == 0;
}

bool idmap_write_single(pid_t pid, uid_t uid, gid_t gid, GError **error)
{
	g_autofree char *uid_map = g_strdup_printf("0 %u 1", uid);
	g_autofree char *gid_map = g_strdup_printf("0 %u 1", gid);

	return write_proc(pid, "uid_map", uid_map, error) &&
	       write_proc(pid, "setgroups", "deny", error) &&
	       write_proc(pid, "gid_map", gid_map, error);
}
