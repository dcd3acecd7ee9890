/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root_tree - the command's root under construction: finds and makes what is mounted on */
#include "launcher/root_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "launcher/mounts.h"
#include "launcher/shadow.h"
#include "src/autoclose.h"
#include "src/failure.h"

void root_tree_init(struct root_tree *tree)
{
	*tree = (struct root_tree){.root = -1, .own = g_array_new(FALSE, FALSE, sizeof(dev_t))};
}

void root_tree_done(struct root_tree *tree)
{
	close_fd(&tree->root);
	g_clear_pointer(&tree->own, g_array_unref);
}

bool root_tree_add_own(struct root_tree *tree, int fd, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return failure_errno(error, "look at a new file system");
	g_array_append_val(tree->own, st.st_dev);
	return true;
}

bool root_tree_is_own(const struct root_tree *tree, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	for (guint i = 0; i < tree->own->len; i++) {
		if (g_array_index(tree->own, dev_t, i) == st.st_dev)
			return true;
	}
	return false;
}

int root_tree_open(const struct root_tree *tree, const char *path, int flags)
{
	return mounts_resolve(tree->root, path, (uint64_t)(O_PATH | flags),
			      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static bool is_same_directory(int a, int b)
{
	struct statx first, second;
	const unsigned mask = STATX_INO | STATX_MNT_ID;

	return statx(a, "", AT_EMPTY_PATH, mask, &first) == 0 &&
	       statx(b, "", AT_EMPTY_PATH, mask, &second) == 0 &&
	       first.stx_mnt_id == second.stx_mnt_id && first.stx_ino == second.stx_ino;
}

static int refuse(const char *path, GError **error)
{
	const char *cure = NULL;

	if (errno == ELOOP || errno == EXDEV)
		cure = "a symbolic link in ROOTFS leads in a circle or out: repair it, or mount "
		       "elsewhere";
	else if (errno == ENOTDIR)
		cure = "a part of the path is a file in ROOTFS: mount elsewhere";
	else if (errno == EACCES)
		cure = "give root inside search permission there (chmod +x), or mount elsewhere";
	failure_set(error, errno, cure, "cannot mount on \"%s\" of the root file system: %s", path,
		    g_strerror(errno));
	return -1;
}

static bool make_entry(int parent, const char *name, mode_t type)
{
	if (S_ISDIR(type))
		return mkdirat(parent, name, 0755) == 0;
	return mknodat(parent, name, S_IFREG | 0644, 0) == 0;
}

/* The entry is a symlink that leads nowhere, or it would have been found. */
static bool make_own(int parent, const char *name, mode_t type)
{
	if (make_entry(parent, name, type))
		return true;
	return errno == EEXIST && unlinkat(parent, name, 0) == 0 && make_entry(parent, name, type);
}

static bool make_shadowed(struct root_tree *tree, int parent, const char *path,
			  const struct shadow_entry *entry, GError **error)
{
	const struct shadow_entry added[] = {*entry, {0}};
	bool is_root = is_same_directory(parent, tree->root);
	autoclose int shadow = shadow_directory(parent, path, added, error);

	if (shadow < 0 || !root_tree_add_own(tree, shadow, error))
		return false;
	if (is_root) {
		close_fd(&tree->root);
		tree->root = g_steal_fd(&shadow);
	}
	return true;
}

static bool is_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Makes the first part of path that is missing. */
static bool make_missing(struct root_tree *tree, const char *path, mode_t type, GError **error)
{
	g_autofree char *existing = g_strdup(path);
	g_autofree char *name = NULL;
	autoclose int parent = -1;

	while (parent < 0) {
		g_autofree char *shorter = g_path_get_dirname(existing);

		g_free(name);
		name = g_path_get_basename(existing);
		parent = root_tree_open(tree, shorter, O_DIRECTORY);
		if (parent < 0 && (errno != ENOENT || strcmp(shorter, existing) == 0))
			return refuse(path, error) >= 0;
		g_free(existing);
		existing = g_steal_pointer(&shorter);
	}
	bool is_last = strlen(existing) + strlen(name) + (existing[1] ? 1 : 0) == strlen(path);
	const struct shadow_entry entry = {name, is_last ? type : S_IFDIR};

	if (is_proc(parent)) {
		failure_set(error, EINVAL, "take another place",
			    "\"%s\" of the root file system leads to /proc", path);
		return false;
	}
	if (root_tree_is_own(tree, parent) && make_own(parent, name, entry.type))
		return true;
	return make_shadowed(tree, parent, existing, &entry, error);
}

int root_tree_make(struct root_tree *tree, const char *path, mode_t type, GError **error)
{
	for (const char *c = path;; c++) {
		int fd = root_tree_open(tree, path, 0);

		if (fd >= 0)
			return fd;
		/* Each turn makes at least one part. */
		if (errno != ENOENT || !*c)
			return refuse(path, error);
		if (!make_missing(tree, path, type, error))
			return -1;
	}
}
