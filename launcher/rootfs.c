/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs - the command's view of the file system: pivot_root, /proc, /sys, /dev, /etc
 *
 * How it works
 *
 * A tmpfs called *staging* is mounted over the host's "/". It holds the texts of /etc and, on a
 * directory, the new root: a recursive clone of ROOTFS. Both are reached by descriptor alone; the
 * process's own root stays below, so the host's paths lead where they did until the new root is
 * complete: /proc and /sys can only be mounted while the host's are visible, and devices are bound
 * from the host's /dev. Then pivot_root(2) exchanges the roots, and the host's and staging are
 * detached.
 */
#include "launcher/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/devices.h"
#include "launcher/etc_files.h"
#include "launcher/kernel_fs.h"
#include "launcher/mounts.h"
#include "launcher/shadow.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* Root of a user namespace is as powerless over files of unmapped owners as any other user. */
static const char cure_foreign_owner[] =
	"run the command as the owner of the root file system, or open it to others: chmod o+rx";

/* The directories that something is mounted on or in. */
static const char *const mount_points[] = {"proc", "sys", "dev", "etc"};

bool rootfs_check(const char *path, GError **error)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		const char *cure =
			errno == EACCES
				? "give yourself search permission on its parent directories"
				: "name the directory of a root file system, or / for the host's";

		failure_set(error, errno, cure, "root file system \"%s\": %s", path,
			    g_strerror(errno));
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		failure_set(error, ENOTDIR, "unpack it into a directory and name that",
			    "root file system \"%s\" is not a directory", path);
		return false;
	}
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0) {
		failure_set(error, errno, "give yourself search permission on it: chmod +x",
			    "root file system \"%s\" cannot be searched: %s", path,
			    g_strerror(errno));
		return false;
	}
	return true;
}

/*
 * Nothing that is mounted here reaches the host: mounts copied into a new user namespace are slaves
 * already. Private cuts the other direction as well, so that nothing which the host mounts or
 * unmounts later changes what the command sees.
 */
static bool make_private(GError **error)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	failure_set(error, errno, "let the security module or container around it allow mounts",
		    "make the mounts of a new namespace private: %s", g_strerror(errno));
	return false;
}

static int clone_root(const char *path, GError **error)
{
	int root = mounts_clone(AT_FDCWD, path, 0);
	const char *cure = NULL;

	if (root >= 0)
		return root;
	if (errno == EACCES)
		cure = cure_foreign_owner;
	else if (errno == ENOSYS || errno == EPERM)
		cure = "Linux 5.12 is needed, and a seccomp filter that allows open_tree(2)";
	failure_set(error, errno, cure, "open the root file system \"%s\": %s", path,
		    g_strerror(errno));
	return -1;
}

/* Mounts staging over the host's "/", and root in it. Returns staging or -1. */
static int attach_root(int root, GError **error)
{
	static const char *const options[] = {"mode", "0755", "size", "4m", NULL};
	autoclose int staging = mounts_create("tmpfs", options, MOUNTS_DATA_ONLY);

	if (staging < 0 || !mounts_attach(staging, AT_FDCWD, "/")) {
		failure_errno(error, "mount a tmpfs over the host's root directory");
		return -1;
	}
	if (mkdirat(staging, "root", 0755) < 0 || !mounts_attach(root, staging, "root")) {
		failure_errno(error, "mount the root file system");
		return -1;
	}
	return g_steal_fd(&staging);
}

/* A symlink would put the mount somewhere else, inside but not where the command looks for it. */
static int open_mount_point(int root, const char *name)
{
	return mounts_resolve(root, name, O_PATH | O_DIRECTORY,
			      RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

/* A mount point that is there but cannot be used; errno says why. Always returns false. */
static bool refuse_mount_point(const char *name, GError **error)
{
	const char *reason = errno == ELOOP ? "it is a symbolic link" : g_strerror(errno);
	const char *cure = NULL;

	if (errno == ELOOP || errno == ENOTDIR)
		cure = "put a directory in its place, or nothing";
	else if (errno == EACCES)
		cure = cure_foreign_owner;
	failure_set(error, errno, cure, "cannot mount on \"/%s\" of the root file system: %s", name,
		    reason);
	return false;
}

/* Shadows root, replacing *root, if a mount point is not there. */
static bool complete_root(int *root, GError **error)
{
	struct shadow_entry absent[G_N_ELEMENTS(mount_points) + 1] = {0};
	size_t n_absent = 0;
	int shadow;

	for (size_t i = 0; i < G_N_ELEMENTS(mount_points); i++) {
		autoclose int fd = open_mount_point(*root, mount_points[i]);

		if (fd < 0 && errno != ENOENT)
			return refuse_mount_point(mount_points[i], error);
		if (fd < 0)
			absent[n_absent++] = (struct shadow_entry){mount_points[i], S_IFDIR};
	}
	if (n_absent == 0)
		return true;
	shadow = shadow_directory(*root, "/", absent, error);
	if (shadow < 0)
		return false;
	close_fd(root);
	*root = shadow;
	return true;
}

static bool mount_on(int root, const char *name, bool (*mount_fn)(int target, GError **error),
		     GError **error)
{
	autoclose int target = open_mount_point(root, name);

	if (target < 0)
		return refuse_mount_point(name, error);
	return mount_fn(target, error);
}

static bool change_root(int root, GError **error)
{
	if (fchdir(root) < 0)
		return failure_errno(error, "enter the root file system");
	if (syscall(SYS_pivot_root, ".", ".") < 0) {
		/* Covering it instead, as switch_root(8) does, is nothing that root inside cannot
		 * undo. */
		if (errno == EINVAL)
			failure_set(
				error, EINVAL, "move it to a real file system (switch_root)",
				"the host's root is an initramfs, which a command could uncover");
		else
			failure_errno(error, "pivot_root");
		return false;
	}
	/* The old root now lies on the new one, and staging on the old root: topmost first. */
	for (int i = 0; i < 2; i++) {
		if (umount2(".", MNT_DETACH) < 0)
			return failure_errno(error, "detach the host's root file system");
	}
	return true;
}

static bool enter(const struct rootfs_options *options, GError **error)
{
	autoclose int root = -1, staging = -1;

	if (!make_private(error))
		return false;
	root = clone_root(options->path, error);
	if (root < 0)
		return false;
	staging = attach_root(root, error);
	if (staging < 0 || !complete_root(&root, error))
		return false;
	if (!mount_on(root, "proc", kernel_fs_mount_proc, error) ||
	    !mount_on(root, "sys", kernel_fs_mount_sys, error) ||
	    !mount_on(root, "dev", devices_mount, error))
		return false;
	if (!etc_files_install(root, staging, options->resolv_conf, options->hosts, error))
		return false;
	if (!change_root(root, error))
		return false;
	if (chdir("/") < 0)
		return failure_errno(error, "change to the new root directory");
	return true;
}

bool rootfs_enter(const struct rootfs_options *options, GError **error)
{
	/* What is made has the modes that are written here; the command gets the caller's mask. */
	mode_t mask = umask(022);
	bool entered = enter(options, error);

	umask(mask);
	return entered;
}
