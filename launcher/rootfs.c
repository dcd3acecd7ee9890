/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs - the command's view of the file system: pivot_root, /proc, /sys, /dev, /etc
 *
 * How it works
 *
 * A tmpfs called *staging* is mounted over the host's "/". It holds the texts of /etc and, on a
 * directory, the new root: a recursive clone of ROOTFS, or an overlay of it. Both are reached by
 * descriptor alone; the
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
#include "launcher/name_services.h"
#include "launcher/root_tree.h"
#include "launcher/shadow.h"
#include "launcher/volumes.h"
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

/* Mounts staging over the host's "/". */
static int attach_staging(GError **error)
{
	static const char *const options[] = {"mode", "0755", "size", "4m", NULL};
	autoclose int staging = mounts_create("tmpfs", options, MOUNTS_DATA_ONLY);

	if (staging >= 0 && mounts_attach(staging, AT_FDCWD, "/"))
		return g_steal_fd(&staging);
	failure_errno(error, "mount a tmpfs over the host's root directory");
	return -1;
}

/* Mounts the clone of ROOTFS, or what is laid over it, in staging. */
static bool attach_root(const struct rootfs_options *options, int *clone, int staging,
			struct root_tree *tree, GError **error)
{
	if (options->overlay)
		return overlay_mount(options->overlay, *clone, staging, tree, error);
	if (mkdirat(staging, "root", 0755) < 0 || !mounts_attach(*clone, staging, "root"))
		return failure_errno(error, "mount the root file system");
	tree->root = g_steal_fd(clone);
	return true;
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

static bool is_mounted(int root, const char *name)
{
	struct statx above, below;

	return statx(root, "", AT_EMPTY_PATH, STATX_MNT_ID, &above) == 0 &&
	       statx(root, name, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &below) == 0 &&
	       above.stx_mnt_id != below.stx_mnt_id;
}

/*
 * What is mounted on /sys of "/", cgroup v1 hierarchies for example, would stay below ours and show
 * in the command's mountinfo: the kernel does not let us unmount it (mount_namespaces(7)). So the
 * root is put together without. It gets read-only in the end, as there is nothing behind it.
 */
static bool leave_kernel_mounts(struct root_tree *tree, bool *ret_left, GError **error)
{
	static const struct shadow_entry added[] = {
		{"proc", S_IFDIR}, {"sys", S_IFDIR}, {"dev", S_IFDIR}, {0}};
	autoclose int shadow = -1;

	if (!is_mounted(tree->root, "sys") || faccessat(tree->root, ".", R_OK, AT_EACCESS) < 0)
		return true;
	shadow = shadow_directory(tree->root, "/", added, error);
	if (shadow < 0 || !root_tree_add_own(tree, shadow, error))
		return false;
	close_fd(&tree->root);
	tree->root = g_steal_fd(&shadow);
	*ret_left = true;
	return true;
}

static bool make_mount_points(struct root_tree *tree, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mount_points); i++) {
		autoclose int fd = open_mount_point(tree->root, mount_points[i]);
		g_autofree char *path = g_strconcat("/", mount_points[i], NULL);

		if (fd < 0 && errno != ENOENT)
			return refuse_mount_point(mount_points[i], error);
		if (fd < 0 && (fd = root_tree_make(tree, path, S_IFDIR, error)) < 0)
			return false;
	}
	return true;
}

/* All that may have to be made in the root itself. */
static bool complete_root(const struct rootfs_options *options, const GArray *volumes,
			  struct root_tree *tree, GError **error)
{
	if ((volumes && !volumes_make_targets(options->volumes, volumes, tree, error)))
		return false;
	if (options->read_only && !mounts_restrict(tree->root, MOUNT_ATTR_RDONLY))
		return failure_errno(error, "make the root file system read-only");
	return true;
}

/* After /dev, where a symlink may lead. */
static bool install_etc(const struct rootfs_options *options, const struct etc_files *files,
			struct root_tree *tree, GError **error)
{
	autoclose int etc = -1;

	if (!etc_files_install(files, tree, error))
		return false;
	if (!options->read_only)
		return true;
	/* It may have been shadowed. */
	etc = open_mount_point(tree->root, "etc");
	return mounts_restrict_one(etc, MOUNT_ATTR_RDONLY) || errno == EINVAL ||
	       failure_errno(error, "make \"/etc\" read-only");
}

static bool mount_kernel_file_systems(const struct rootfs_options *options, struct root_tree *tree,
				      GError **error)
{
	autoclose int proc = open_mount_point(tree->root, "proc");
	autoclose int sys = open_mount_point(tree->root, "sys");
	autoclose int dev = open_mount_point(tree->root, "dev");
	autoclose int mounted = -1;

	if (proc < 0 || sys < 0 || dev < 0)
		return failure_errno(error, "open the mount points of the root file system");
	if (!kernel_fs_mount_proc(proc, error) ||
	    !kernel_fs_mount_sys(sys, options->host_network, error) || !devices_mount(dev, error))
		return false;
	mounted = open_mount_point(tree->root, "dev");
	return root_tree_add_own(tree, mounted, error);
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

static bool prepare_etc(const struct rootfs_options *options, const struct root_tree *tree,
			struct etc_files *files, GError **error)
{
	const struct etc_texts texts = {options->resolv_conf, options->hosts,
					options->host_network};

	if (!etc_files_prepare(files, &texts, tree, error) ||
	    (!options->host_network &&
	     !name_services_hide(tree, files->staging, files->file[0].text, error)) ||
	    (options->cover_etc && !etc_files_cover(files, tree, options->read_only, error)))
		return false;
	if ((options->volumes && options->volumes->len) || options->read_only)
		etc_cover_bind(&files->cover);
	return true;
}

/* From the attached root to the complete one. */
static bool complete(const struct rootfs_options *options, const GArray *volumes,
		     struct root_tree *tree, struct etc_files *files, GError **error)
{
	bool is_assembled = false;

	if (!options->overlay && !leave_kernel_mounts(tree, &is_assembled, error))
		return false;
	if (!make_mount_points(tree, error) || !prepare_etc(options, tree, files, error) ||
	    !complete_root(options, volumes, tree, error) ||
	    !mount_kernel_file_systems(options, tree, error) ||
	    !install_etc(options, files, tree, error) ||
	    (volumes && !volumes_attach(options->volumes, volumes, tree, error)))
		return false;
	return !is_assembled || mounts_restrict_one(tree->root, MOUNT_ATTR_RDONLY) ||
	       failure_errno(error, "make the root directory read-only");
}

static bool build(const struct rootfs_options *options, struct root_tree *tree,
		  struct etc_cover *ret_cover, GError **error)
{
	autoclose int clone = clone_root(options->path, error);
	autoclose int staging = -1;
	g_autoptr(GArray) volumes = NULL;
	struct etc_files files;
	bool is_complete;

	if (clone < 0)
		return false;
	if (options->volumes && !(volumes = volumes_open(options->volumes, error)))
		return false;
	staging = attach_staging(error);
	if (staging < 0 || !attach_root(options, &clone, staging, tree, error))
		return false;
	etc_files_init(&files, staging);
	is_complete = complete(options, volumes, tree, &files, error);
	if (is_complete) {
		*ret_cover = files.cover;
		etc_cover_init(&files.cover);
	}
	etc_files_done(&files);
	return is_complete;
}

static bool enter(const struct rootfs_options *options, struct etc_cover *ret_cover, GError **error)
{
	struct root_tree tree;
	bool entered;

	if (!make_private(error))
		return false;
	root_tree_init(&tree);
	entered = build(options, &tree, ret_cover, error) && change_root(tree.root, error);
	root_tree_done(&tree);
	if (entered && chdir("/") < 0)
		return failure_errno(error, "change to the new root directory");
	return entered;
}

bool rootfs_enter(const struct rootfs_options *options, struct etc_cover *ret_cover, GError **error)
{
	/* What is made has the modes that are written here; the command gets the caller's mask. */
	mode_t mask = umask(022);
	bool entered = enter(options, ret_cover, error);

	umask(mask);
	return entered;
}
