/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow - a directory with more in it than there is on disk */
#include "launcher/shadow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "launcher/mounts.h"
#include "src/autoclose.h"
#include "src/failure.h"

static bool is_dot_or_dot_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

GPtrArray *shadow_list_names(int dir)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	autoclose int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!stream)
		return NULL;
	g_steal_fd(&fd);
	errno = 0;
	while ((entry = readdir(stream))) {
		if (!is_dot_or_dot_dot(entry->d_name))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	}
	int read_errno = errno;

	closedir(stream);
	errno = read_errno;
	return read_errno == 0 ? g_steal_pointer(&names) : NULL;
}

static int create_tmpfs_like(int dir)
{
	struct stat st;
	char mode[8];
	const char *const options[] = {"mode", mode, NULL};

	if (fstat(dir, &st) < 0)
		return -1;
	g_snprintf(mode, sizeof(mode), "%o", (unsigned)(st.st_mode & 07777));
	return mounts_create("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static bool make_empty(int dir, const char *name, mode_t type)
{
	if (S_ISDIR(type))
		return mkdirat(dir, name, 0755) == 0;
	return mknodat(dir, name, S_IFREG | 0644, 0) == 0;
}

static bool copy_symlink(int from, int to, const char *name)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(from, name, text, sizeof(text) - 1);

	if (length < 0)
		return false;
	text[length] = '\0';
	return symlinkat(text, to, name) == 0;
}

static bool copy_entry(int from, int to, const char *name)
{
	autoclose int mount = -1;
	struct stat st;

	/* Vanished since the listing, or out of our reach: another user's FUSE, a dead NFS. */
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return true;
	if (S_ISLNK(st.st_mode))
		return copy_symlink(from, to, name);
	mount = mounts_clone(from, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
	return mount >= 0 && make_empty(to, name, st.st_mode) && mounts_attach(mount, to, name);
}

static bool is_added(const struct shadow_entry *added, const char *name)
{
	for (; added->name; added++) {
		if (strcmp(added->name, name) == 0)
			return true;
	}
	return false;
}

static bool fill(int dir, int shadow, const char *path, const GPtrArray *names, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		if (!copy_entry(dir, shadow, name))
			return failure_errno(error, "bind \"%s\" in \"%s\" of the root file system",
					     name, path);
	}
	return true;
}

static bool add(int shadow, const char *path, const struct shadow_entry *added, GError **error)
{
	for (; added->name; added++) {
		if (!make_empty(shadow, added->name, added->type))
			return failure_errno(error, "make \"%s\" in \"%s\" of the root file system",
					     added->name, path);
	}
	return true;
}

static void drop_added(GPtrArray *names, const struct shadow_entry *added)
{
	for (guint i = names->len; i > 0; i--) {
		if (is_added(added, names->pdata[i - 1]))
			g_ptr_array_remove_index_fast(names, i - 1);
	}
}

int shadow_directory(int dir, const char *path, const struct shadow_entry *added, GError **error)
{
	return shadow_elsewhere(dir, dir, path, added, error);
}

int shadow_elsewhere(int from, int target, const char *path, const struct shadow_entry *added,
		     GError **error)
{
	g_autoptr(GPtrArray) names = shadow_list_names(from);
	autoclose int shadow = -1;

	if (!names) {
		failure_set(
			error, errno,
			"make it readable, or put what is missing there: \"/\" needs proc, sys, "
			"dev and etc, \"/etc\" needs resolv.conf and hosts, a volume its target",
			"list \"%s\" of the root file system: %s", path, g_strerror(errno));
		return -1;
	}
	drop_added(names, added);
	shadow = create_tmpfs_like(from);
	/* Attached before it is filled: mounts in a detached tree need Linux 6.15. */
	if (shadow < 0 || !mounts_attach(shadow, target, "")) {
		failure_errno(error, "cover \"%s\" of the root file system with a tmpfs", path);
		return -1;
	}
	if (!fill(from, shadow, path, names, error) || !add(shadow, path, added, error))
		return -1;
	return g_steal_fd(&shadow);
}
