/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mounts - mounts by descriptor: make, clone, restrict, attach, and find where to */
#include "launcher/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "src/autoclose.h"

#define MAX_RESOLVE_ATTEMPTS 128

int mounts_create(const char *type, const char *const *options, unsigned attributes)
{
	autoclose int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context < 0)
		return -1;
	/* The first column of df(1) and mount(8), which is "none" otherwise. */
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", type, 0) < 0)
		return -1;
	for (; options && options[0]; options += 2) {
		unsigned command = options[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (fsconfig(context, command, options[0], options[1], 0) < 0)
			return -1;
	}
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context, FSMOUNT_CLOEXEC, attributes);
}

int mounts_clone(int dir, const char *path, unsigned flags)
{
	return open_tree(dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | flags);
}

unsigned mounts_inherited(int dir)
{
	struct statvfs fs;
	unsigned attributes = 0;

	if (fstatvfs(dir, &fs) < 0)
		return MOUNTS_DATA_ONLY;
	if (fs.f_flag & ST_NOSUID)
		attributes |= MOUNT_ATTR_NOSUID;
	if (fs.f_flag & ST_NODEV)
		attributes |= MOUNT_ATTR_NODEV;
	if (fs.f_flag & ST_NOEXEC)
		attributes |= MOUNT_ATTR_NOEXEC;
	return attributes;
}

bool mounts_restrict(int mount, uint64_t attributes)
{
	struct mount_attr attr = {.attr_set = attributes};

	return mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) == 0;
}

bool mounts_restrict_one(int mount, uint64_t attributes)
{
	struct mount_attr attr = {.attr_set = attributes};

	return mount_setattr(mount, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
}

bool mounts_attach(int mount, int dir, const char *name)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH;

	if (name[0] == '\0')
		flags |= MOVE_MOUNT_T_EMPTY_PATH;
	return move_mount(mount, "", dir, name, flags) == 0;
}

int mounts_resolve(int root, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
	int fd = -1;

	/* EAGAIN: a rename or mount anywhere on the host while ".." was resolved (openat2(2)). */
	for (unsigned attempt = 0; attempt < MAX_RESOLVE_ATTEMPTS; attempt++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}
