/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_base - the directory that those of running containers are in */
#include "src/state_base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* XDG_RUNTIME_DIR survives su and sudo -E, and then it is somebody else's. */
static bool runtime_dir_is_usable(const char *path)
{
	struct stat status;

	return path && g_path_is_absolute(path) && stat(path, &status) == 0 &&
	       S_ISDIR(status.st_mode) && status.st_uid == geteuid() && access(path, W_OK) == 0;
}

/*
 * Root of a user namespace that has the host's files, as rootless engines run their hooks and
 * plugins, is the user outside.
 */
static unsigned user_outside(void)
{
	g_autofree char *map = NULL;
	unsigned uid = (unsigned)geteuid(), inside, outside, count;

	if (uid != 0 || !g_file_get_contents("/proc/self/uid_map", &map, NULL, NULL))
		return uid;
	g_auto(GStrv) lines = g_strsplit(map, "\n", -1);
	for (char **line = lines; *line; line++)
		if (sscanf(*line, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0)
			return outside;
	return uid;
}

char *state_base_path(void)
{
	const char *runtime_dir = g_getenv("XDG_RUNTIME_DIR");
	unsigned uid = user_outside();
	g_autofree char *usual = g_strdup_printf("/run/user/%u", uid);

	/*
	 * Runtimes call hooks with an empty environment. Root's are daemons, which outlive its
	 * logins, with which its own directory goes.
	 */
	if (!runtime_dir || (uid == 0 && g_str_equal(runtime_dir, usual)))
		runtime_dir = uid == 0 ? "/run" : usual;
	if (runtime_dir_is_usable(runtime_dir))
		return g_build_filename(runtime_dir, "netns-run", NULL);
	return g_strdup_printf("/tmp/netns-run-%u", uid);
}

static bool check_base(int base, const char *path, GError **error)
{
	struct stat status;

	if (fstat(base, &status) < 0)
		return failure_errno(error, "stat %s", path);
	if (status.st_uid != geteuid()) {
		failure_set(error, EPERM,
			    "have it removed, or set XDG_RUNTIME_DIR to a directory of your own",
			    "%s belongs to another user (uid %u)", path, (unsigned)status.st_uid);
		return false;
	}
	if (status.st_mode & 077) {
		g_autofree char *cure = g_strdup_printf("chmod 0700 %s", path);
		failure_set(error, EPERM, cure, "%s is open to other users (mode %04o)", path,
			    status.st_mode & 07777u);
		return false;
	}
	return true;
}

bool state_base_lock(int base, GError **error)
{
	while (flock(base, LOCK_EX) < 0)
		if (errno != EINTR)
			return failure_errno(error, "lock the state directory");
	return true;
}

int state_base_open(const char *path, GError **error)
{
	autoclose int base = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (base < 0 && errno == EACCES) {
		failure_set(error, EACCES, "set XDG_RUNTIME_DIR to a directory of your own",
			    "%s is not yours to open", path);
		return -1;
	}
	if (base < 0) {
		failure_errno(error, "open %s", path);
		return -1;
	}
	if (!check_base(base, path, error) || !state_base_lock(base, error))
		return -1;
	return g_steal_fd(&base);
}
