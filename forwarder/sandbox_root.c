/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox_root - an empty root, in user and mount namespaces of its own
 *
 * How it works
 *
 * A copy of /proc is put aside, a tmpfs mounted over it (a directory that is there for sure), and
 * the copy into that. Then the tmpfs becomes the root, by pivot_root(2), and what was the root is
 * unmounted. On an initramfs, which cannot be left like that, the tmpfs is moved over it.
 *
 * /proc is what tells a client of the control socket that is in a container from one that is not
 * (src/peer.c). From a user namespace of our own it shows nothing of other processes that needs a
 * right over them.
 */
#include "forwarder/sandbox_root.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

#define NAMESPACES	 (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)
#define APPARMOR_SETTING "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
#define FLAGS		 (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Not in <sys/mount.h> of all C libraries. */
#define OPEN_TREE_CLONE_   1
#define MOVE_MOUNT_F_EMPTY 4

static bool write_file(const char *path, const char *text, GError **error)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		return true;
	return failure_errno(error, "write %s", path);
}

/* The ids are the same inside and outside, so that geteuid() still says who may give orders. */
static bool map_ids(uid_t uid, gid_t gid, GError **error)
{
	g_autofree char *uid_map = g_strdup_printf("%u %u 1\n", uid, uid);
	g_autofree char *gid_map = g_strdup_printf("%u %u 1\n", gid, gid);

	return write_file("/proc/self/setgroups", "deny", error) &&
	       write_file("/proc/self/uid_map", uid_map, error) &&
	       write_file("/proc/self/gid_map", gid_map, error);
}

/* There a user namespace can be had, but it gives no right, not even to map our own ids. */
static bool is_useless(GError **error)
{
	g_autofree char *text = NULL;

	if (geteuid() == 0 || !g_file_get_contents(APPARMOR_SETTING, &text, NULL, NULL) ||
	    *text == '0')
		return false;
	failure_set(error, EPERM, NULL, "AppArmor restricts user namespaces");
	return true;
}

/* The directory with the new root becomes the current one. */
static bool build(GError **error)
{
	autoclose int proc = (int)syscall(SYS_open_tree, AT_FDCWD, "/proc",
					  OPEN_TREE_CLONE_ | O_CLOEXEC | AT_RECURSIVE);

	if (proc < 0)
		return failure_errno(error, "copy /proc");
	if (mount("sandbox", "/proc", "tmpfs", FLAGS, "mode=0755,size=4k,nr_inodes=4") < 0 ||
	    chdir("/proc") < 0)
		return failure_errno(error, "mount an empty root");
	if (mkdir("proc", 0555) < 0 ||
	    syscall(SYS_move_mount, proc, "", AT_FDCWD, "proc", MOVE_MOUNT_F_EMPTY) < 0)
		return failure_errno(error, "mount /proc in an empty root");
	return true;
}

static bool enter(GError **error)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		/* The old one lies on the new one now. */
		if (umount2(".", MNT_DETACH) < 0)
			return failure_errno(error, "unmount the old root");
	} else if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) {
		return failure_errno(error, "change the root");
	}
	if (chdir("/") < 0)
		return failure_errno(error, "change to the empty root");
	return true;
}

static bool make_read_only(const char *path, GError **error)
{
	return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | FLAGS, NULL) == 0 ||
	       failure_errno(error, "make %s read-only", path);
}

bool sandbox_root_enter(bool *ret_entered, GError **error)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	*ret_entered = false;
	if (is_useless(error))
		return false;
	if (unshare(NAMESPACES) < 0)
		return failure_errno(error, "make namespaces");
	*ret_entered = true;
	return map_ids(uid, gid, error) && build(error) && enter(error) &&
	       make_read_only("/proc", error) && make_read_only("/", error);
}
