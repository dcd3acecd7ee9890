/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_fs - the command's /proc and /sys, and what of them is hidden from it */
#include "launcher/kernel_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "launcher/mounts.h"
#include "launcher/shadow.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* Paths below /proc and /sys. Not all of them exist in every kernel. */
static const char *const proc_hidden[] = {
	"acpi",	       "kcore", "keys",	      "latency_stats",
	"sched_debug", "scsi",	"timer_list", "timer_stats",
};
static const char *const proc_read_only[] = {
	"asound", "bus", "fs", "irq", "sysrq-trigger",
};
static const char *const sys_hidden[] = {
	"devices/virtual/powercap",
	"firmware",
	"fs/selinux",
};

/*
 * The attributes that a new instance must have because the visible one has them: the user namespace
 * has locked them there, and the kernel shows nothing with fewer (mount_too_revealing()).
 */
static unsigned locked_attributes(const char *path)
{
	unsigned attributes = 0;
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return 0;
	if (fs.f_flag & ST_RDONLY)
		attributes |= MOUNT_ATTR_RDONLY;
	if (fs.f_flag & ST_NODIRATIME)
		attributes |= MOUNT_ATTR_NODIRATIME;
	if (fs.f_flag & ST_NOATIME)
		attributes |= MOUNT_ATTR_NOATIME;
	else if (!(fs.f_flag & ST_RELATIME))
		attributes |= MOUNT_ATTR_STRICTATIME;
	return attributes;
}

static int create_instance(const char *type, const char *host_path)
{
	return mounts_create(type, NULL, MOUNTS_DATA_ONLY | locked_attributes(host_path));
}

/* Opens a path of our own /proc or /sys; -1 with ENOENT when this kernel does not have it. */
static int open_below(int top, const char *path)
{
	return mounts_resolve(top, path, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

static bool hide(int top, const char *path)
{
	autoclose int target = open_below(top, path);
	autoclose int cover = -1;
	struct stat st;

	if (target < 0)
		return errno == ENOENT;
	if (fstat(target, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode))
		cover = mounts_create("tmpfs", NULL, MOUNTS_DATA_ONLY | MOUNT_ATTR_RDONLY);
	else
		cover = mounts_clone(AT_FDCWD, "/dev/null", 0);
	return cover >= 0 && mounts_attach(cover, target, "");
}

static bool write_protect(int top, const char *path)
{
	autoclose int target = open_below(top, path);
	autoclose int cover = -1;

	if (target < 0)
		return errno == ENOENT;
	cover = mounts_clone(target, "", AT_EMPTY_PATH);
	return cover >= 0 && mounts_restrict(cover, MOUNT_ATTR_RDONLY) &&
	       mounts_attach(cover, target, "");
}

/* Clones before /proc/sys is write-protected, to be attached on top of that. */
static bool protect_sysctls(int proc)
{
	autoclose int source = open_below(proc, "sys/net");
	autoclose int net = source < 0 ? -1 : mounts_clone(source, "", AT_EMPTY_PATH);
	autoclose int target = -1;

	if (!write_protect(proc, "sys"))
		return false;
	if (source < 0)
		return true;
	target = open_below(proc, "sys/net");
	return net >= 0 && target >= 0 && mounts_attach(net, target, "");
}

/* A new one, else what is at the host's. Returns the mount or -1. */
static int mount_proc(int target, GError **error)
{
	autoclose int mount = create_instance("proc", "/proc");

	if (mount < 0) {
		mount = mounts_clone(AT_FDCWD, "/proc", 0);
		if (mount >= 0 && !mounts_restrict(mount, MOUNTS_DATA_ONLY))
			close_fd(&mount);
	}
	if (mount < 0 || !mounts_attach(mount, target, "")) {
		failure_errno(error, "mount a new proc, or the host's, on \"/proc\"");
		return -1;
	}
	return g_steal_fd(&mount);
}

bool kernel_fs_mount_proc(int target, GError **error)
{
	autoclose int proc = mount_proc(target, error);

	if (proc < 0)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(proc_hidden); i++) {
		if (!hide(proc, proc_hidden[i]))
			return failure_errno(error, "hide \"/proc/%s\"", proc_hidden[i]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(proc_read_only); i++) {
		if (!write_protect(proc, proc_read_only[i]))
			return failure_errno(error, "write-protect \"/proc/%s\"",
					     proc_read_only[i]);
	}
	if (!protect_sysctls(proc))
		return failure_errno(error, "write-protect \"/proc/sys\"");
	return true;
}

/*
 * The host's /sys without what is mounted on its fs/cgroup. The kernel neither clones /sys without
 * its mounts nor unmounts them (mount_namespaces(7)), so the two directories above are copied entry
 * by entry.
 */
static int bind_host_sys(int target, GError **error)
{
	static const struct shadow_entry fs_entry[] = {{"fs", S_IFDIR}, {0}};
	static const struct shadow_entry cgroup_entry[] = {{"cgroup", S_IFDIR}, {0}};
	autoclose int host = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int host_fs = open("/sys/fs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int sys = -1, fs_target = -1, fs = -1;

	if (host < 0 || host_fs < 0) {
		failure_errno(error, "open the host's \"/sys\"");
		return -1;
	}
	sys = shadow_elsewhere(host, target, "/sys", fs_entry, error);
	if (sys < 0)
		return -1;
	fs_target = open_below(sys, "fs");
	fs = shadow_elsewhere(host_fs, fs_target, "/sys/fs", cgroup_entry, error);
	if (fs < 0)
		return -1;
	if (!mounts_restrict(sys, MOUNTS_DATA_ONLY | MOUNT_ATTR_RDONLY)) {
		failure_errno(error, "write-protect \"/sys\"");
		return -1;
	}
	return g_steal_fd(&sys);
}

static int mount_sys(int target, bool host_network, GError **error)
{
	autoclose int mount = host_network ? -1 : create_instance("sysfs", "/sys");

	if (mount < 0)
		return bind_host_sys(target, error);
	if (!mounts_attach(mount, target, "")) {
		failure_errno(error, "mount a new sysfs on \"/sys\"");
		return -1;
	}
	return g_steal_fd(&mount);
}

/* Best effort: a kernel may lack cgroup2, and an old one keeps all for itself. */
static void mount_cgroup(int sys)
{
	autoclose int target = open_below(sys, "fs/cgroup");
	autoclose int cgroup = mounts_create("cgroup2", NULL, MOUNTS_DATA_ONLY);

	if (target >= 0 && cgroup >= 0)
		mounts_attach(cgroup, target, "");
}

bool kernel_fs_mount_sys(int target, bool host_network, GError **error)
{
	autoclose int sys = mount_sys(target, host_network, error);

	if (sys < 0)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(sys_hidden); i++) {
		if (!hide(sys, sys_hidden[i]))
			return failure_errno(error, "hide \"/sys/%s\"", sys_hidden[i]);
	}
	mount_cgroup(sys);
	return true;
}
