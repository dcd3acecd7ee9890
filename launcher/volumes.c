/* SPDX-License-Identifier: GPL-2.0-or-later */
/* volumes - mounts what the user asks for into the command's root */
#include "launcher/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "launcher/mounts.h"
#include "launcher/volume.h"
#include "src/autoclose.h"
#include "src/failure.h"

static int open_source(const struct volume *volume, GError **error)
{
	autoclose int mount = mounts_clone(AT_FDCWD, volume->source, 0);

	if (mount < 0) {
		failure_set(error, errno,
			    errno == EACCES ? "root inside reaches the files of its own ids alone: "
					      "open the directories above to others (chmod o+x)"
					    : NULL,
			    "--volume: open source '%s': %s", volume->source, g_strerror(errno));
		return -1;
	}
	if (volume->attributes && !mounts_restrict(mount, volume->attributes)) {
		failure_errno(error, "--volume: restrict '%s'", volume->source);
		return -1;
	}
	return g_steal_fd(&mount);
}

static int create_tmpfs(const struct volume *volume, GError **error)
{
	int mount = mounts_create("tmpfs", (const char *const *)volume->options->pdata,
				  (unsigned)volume->attributes);

	if (mount < 0)
		failure_set(error, errno,
			    "the kernel refuses one of its options; ids must be mapped inside",
			    "--tmpfs '%s': %s", volume->target, g_strerror(errno));
	return mount;
}

static void clear_mount(gpointer data)
{
	close_fd(data);
}

GArray *volumes_open(const GPtrArray *volumes, GError **error)
{
	g_autoptr(GArray) mounts = g_array_new(FALSE, FALSE, sizeof(int));

	g_array_set_clear_func(mounts, clear_mount);
	for (guint i = 0; i < volumes->len; i++) {
		const struct volume *volume = volumes->pdata[i];
		int mount =
			volume->source ? open_source(volume, error) : create_tmpfs(volume, error);

		if (mount < 0)
			return NULL;
		g_array_append_val(mounts, mount);
	}
	return g_steal_pointer(&mounts);
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static int open_target(const struct volume *volume, int mount, struct root_tree *tree,
		       GError **error)
{
	bool want_directory = is_directory(mount);
	autoclose int target =
		root_tree_make(tree, volume->target, want_directory ? S_IFDIR : S_IFREG, error);
	struct statfs fs;

	if (target < 0)
		return -1;
	if (is_directory(target) != want_directory) {
		failure_set(error, want_directory ? ENOTDIR : EISDIR,
			    "name a target of the same kind, or one that does not exist",
			    "cannot mount a %s on \"%s\" of the root file system, which is %s",
			    want_directory ? "directory" : "file", volume->target,
			    want_directory ? "none" : "a directory");
		return -1;
	}
	if (fstatfs(target, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC) {
		failure_set(error, EINVAL, "take another place",
			    "\"%s\" of the root file system leads to /proc", volume->target);
		return -1;
	}
	return g_steal_fd(&target);
}

/* Where something else is mounted later; what is made there now would be hidden. */
static bool is_in_other_mount(const GPtrArray *volumes, guint index)
{
	const struct volume *volume = volumes->pdata[index];

	for (guint i = 0; i < index; i++) {
		const struct volume *other = volumes->pdata[i];

		if (volume_path_is_below(volume->target, other->target))
			return true;
	}
	return volume_path_is_below(volume->target, "/dev") ||
	       volume_path_is_below(volume->target, "/sys");
}

bool volumes_make_targets(const GPtrArray *volumes, const GArray *mounts, struct root_tree *tree,
			  GError **error)
{
	for (guint i = 0; i < volumes->len; i++) {
		autoclose int target = -1;

		if (is_in_other_mount(volumes, i))
			continue;
		target = open_target(volumes->pdata[i], g_array_index(mounts, int, i), tree, error);
		if (target < 0)
			return false;
	}
	return true;
}

bool volumes_attach(const GPtrArray *volumes, const GArray *mounts, struct root_tree *tree,
		    GError **error)
{
	for (guint i = 0; i < volumes->len; i++) {
		const struct volume *volume = volumes->pdata[i];
		int mount = g_array_index(mounts, int, i);
		autoclose int target = open_target(volume, mount, tree, error);

		if (target < 0)
			return false;
		if (!mounts_attach(mount, target, ""))
			return failure_errno(error, "mount on \"%s\" of the root file system",
					     volume->target);
		if (!volume->source && !root_tree_add_own(tree, mount, error))
			return false;
	}
	return true;
}
