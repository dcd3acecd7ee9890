/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay - a session whose writes go to a layer above ROOTFS: --disposable and --overlay */
#include "launcher/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "launcher/mounts.h"
#include "launcher/overlay_layers.h"
#include "launcher/overlay_split.h"
#include "src/autoclose.h"
#include "src/failure.h"

static const char cure_drivers[] = "install fuse-overlayfs and give yourself /dev/fuse, or use "
				   "Linux 5.11 or newer; a directory "
				   "of --overlay must be on a local disk (ext4, xfs, btrfs, tmpfs)";

const char *overlay_driver_name(enum overlay_driver driver)
{
	static const char *const names[] = {"auto", "kernel", "fuse"};

	return names[driver];
}

void overlay_init(struct overlay *overlay)
{
	*overlay = (struct overlay){.lock = -1, .fuse = {.pidfd = -1, .socket = -1}};
}

static bool lock_directory(struct overlay *overlay, GError **error)
{
	const char *path = overlay->directory;

	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		failure_set(error, errno, "name a directory that you can make or write to",
			    "--overlay: make \"%s\": %s", path, g_strerror(errno));
		return false;
	}
	overlay->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (overlay->lock < 0) {
		failure_set(error, errno, "name a directory of your own", "--overlay \"%s\": %s",
			    path, g_strerror(errno));
		return false;
	}
	if (flock(overlay->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	failure_set(error, errno,
		    "wait for its end, or take another directory (a copy of this one, for example)",
		    "--overlay: \"%s\" is in use by another container", path);
	return false;
}

/* Made with the mode of ROOTFS: what is seen as "/" has upper's. */
static bool make_layers(const struct overlay *overlay, const char *rootfs, GError **error)
{
	autoclose int lower = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (lower >= 0 && overlay_split_make_like(overlay->lock, "upper", lower) &&
	    (mkdirat(overlay->lock, "work", 0700) == 0 || errno == EEXIST))
		return true;
	failure_set(error, errno, "name a directory that you can write to",
		    "--overlay: make upper and work in \"%s\": %s", overlay->directory,
		    g_strerror(errno));
	return false;
}

static bool check_fuse(struct overlay *overlay)
{
	g_autoptr(GError) failure = NULL;
	struct stat st;

	if (overlay_fuse_check(&failure))
		return true;
	if (overlay->is_host_root && stat("/", &st) == 0 && st.st_uid != geteuid())
		overlay->fallback_reason = failure_cause(failure);
	return false;
}

bool overlay_prepare(struct overlay *overlay, enum overlay_driver driver, const char *directory,
		     const char *rootfs, GError **error)
{
	overlay->driver = driver;
	overlay->is_host_root = strcmp(rootfs, "/") == 0;
	if (directory) {
		overlay->directory = g_canonicalize_filename(directory, NULL);
		if (!lock_directory(overlay, error) || !make_layers(overlay, rootfs, error))
			return false;
	}
	if (driver == OVERLAY_DRIVER_KERNEL ||
	    (driver == OVERLAY_DRIVER_AUTO && !check_fuse(overlay)))
		return true;
	const struct overlay_fuse_layers layers = {rootfs, overlay->directory};
	return overlay_fuse_start(&overlay->fuse, &layers, error);
}

static int make_directory(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The tmpfs that has the upper layer of a disposable session, and copies. */
static int attach_session(int staging, GError **error)
{
	static const char *const options[] = {"mode", "0755", NULL};
	autoclose int session = mounts_create("tmpfs", options, MOUNT_ATTR_NODEV);

	if (session >= 0 && mkdirat(staging, "session", 0755) == 0 &&
	    mounts_attach(session, staging, "session"))
		return g_steal_fd(&session);
	failure_errno(error, "mount a tmpfs for what is written");
	return -1;
}

static bool attach_lower(int lower, int staging, GError **error)
{
	/* The host's files cannot be written to from here on, whatever else goes wrong. */
	if (mounts_restrict(lower, MOUNT_ATTR_RDONLY) && mkdirat(staging, "lower", 0755) == 0 &&
	    mounts_attach(lower, staging, "lower"))
		return true;
	return failure_errno(error, "make the root file system read-only");
}

/* On the host's root: where the user works. NULL on others. The caller owns the vector. */
static char **opened_directories(const struct overlay *overlay)
{
	g_autofree char *cwd = g_get_current_dir();
	const char *const paths[] = {cwd, g_get_home_dir(), g_get_tmp_dir(), "/var/tmp"};
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	if (!overlay->is_host_root)
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *clean = g_canonicalize_filename(paths[i], "/");

		if (clean[1])
			g_strv_builder_add(builder, clean + 1);
	}
	return g_strv_builder_end(builder);
}

static bool mount_layers(const struct overlay *overlay, int lower, int staging,
			 struct root_tree *tree, GError **error)
{
	autoclose int session = attach_session(staging, error);
	autoclose int directory = -1, upper = -1, work = -1, aside = -1, target = -1;

	if (session < 0)
		return false;
	directory = overlay->directory ? open(overlay->directory, O_PATH | O_DIRECTORY | O_CLOEXEC)
				       : dup(session);
	if (!overlay->directory && !overlay_split_make_like(session, "upper", lower))
		return failure_errno(error, "make the upper layer");
	upper = make_directory(directory, "upper");
	work = make_directory(directory, "work");
	aside = make_directory(session, "aside");
	target = make_directory(staging, "root");
	g_auto(GStrv) opened = opened_directories(overlay);
	const struct overlay_layers layers = {lower, upper,  work,
					      aside, target, (const char *const *)opened};

	if (directory < 0 || upper < 0 || work < 0 || aside < 0 || target < 0)
		return failure_errno(error, "make the directories of an overlay");
	return overlay_layers_mount(&layers, tree, error);
}

static bool mount_fuse(const struct overlay *overlay, int staging, struct root_tree *tree,
		       GError **error)
{
	autoclose int mount = overlay_fuse_mount(overlay->fuse.socket, error);

	if (mount < 0)
		return false;
	if ((mkdirat(staging, "root", 0755) < 0 && errno != EEXIST) ||
	    !mounts_attach(mount, staging, "root"))
		return failure_errno(error, "mount the merged root file system");
	return root_tree_add_own(tree, mount, error);
}

/* What the kernel has merged before it failed. */
static bool clear_root(int staging, struct root_tree *tree, GError **error)
{
	autoclose int root = openat(staging, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", root);

	g_array_set_size(tree->own, 0);
	/* EINVAL: nothing is mounted there. */
	if (root < 0 || umount2(path, MNT_DETACH) == 0 || errno == EINVAL)
		return true;
	return failure_errno(error, "unmount an incomplete overlay");
}

static bool refuse(const GError *kernel, const GError *fuse, GError **error)
{
	g_autofree char *first = kernel ? failure_cause(kernel) : NULL;
	g_autofree char *second = fuse ? failure_cause(fuse) : NULL;
	const char *cure = fuse && !kernel ? failure_cure(fuse) : NULL;

	failure_set(error, kernel ? kernel->code : fuse->code, cure ? cure : cure_drivers,
		    "no overlay: %s%s%s", first ? first : "", first && second ? "; " : "",
		    second ? second : "");
	return false;
}

/*
 * Before Linux 6.6 a tmpfs has no user attributes: overlayfs can then not make a directory in the
 * place of one that it has removed (EIO). fuse-overlayfs can.
 */
static bool takes_attributes(int staging)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", staging);

	return setxattr(path, "user.netns-run", "", 0, 0) == 0;
}

/*
 * Files of an owner who is not mapped cannot be copied into the upper layer by overlayfs, nor
 * anything below their directories (EOVERFLOW). fuse-overlayfs can make them all root's.
 */
static bool is_foreign(int lower)
{
	struct stat st;

	return fstat(lower, &st) == 0 && st.st_uid == OVERLAY_FUSE_UNMAPPED;
}

static bool merge(const struct overlay *overlay, int lower, int staging, struct root_tree *tree,
		  GError **error)
{
	bool by_kernel = overlay->driver != OVERLAY_DRIVER_FUSE;
	bool by_fuse = overlay->fuse.socket >= 0;
	bool fuse_first = by_fuse && (!by_kernel || is_foreign(lower) ||
				      (!overlay->directory && !takes_attributes(staging)));
	g_autoptr(GError) kernel = NULL, fuse = NULL;

	if (fuse_first && mount_fuse(overlay, staging, tree, &fuse))
		return true;
	if (by_kernel && mount_layers(overlay, lower, staging, tree, &kernel))
		return true;
	if (by_kernel && !clear_root(staging, tree, error))
		return false;
	if (by_fuse && !fuse_first && mount_fuse(overlay, staging, tree, &fuse))
		return true;
	return refuse(kernel, fuse, error);
}

bool overlay_mount(const struct overlay *overlay, int lower, int staging, struct root_tree *tree,
		   GError **error)
{
	if (!attach_lower(lower, staging, error) || !merge(overlay, lower, staging, tree, error))
		return false;
	/* Opened anew: the directory as seen with what is mounted on it. */
	tree->root = openat(staging, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return tree->root >= 0 || failure_errno(error, "open the merged root file system");
}

void overlay_done(struct overlay *overlay)
{
	overlay_fuse_done(&overlay->fuse, overlay->directory != NULL);
	close_fd(&overlay->lock);
	g_clear_pointer(&overlay->directory, g_free);
	g_clear_pointer(&overlay->fallback_reason, g_free);
}
