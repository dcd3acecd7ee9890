/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_cover - a directory of somebody else's, with files of ours in it that nobody can uncover */
#include "launcher/etc_cover.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/mounts.h"
#include "src/autoclose.h"

/*
 * We are root inside and ask for whomever the command becomes: bits for a group or for all (or a
 * mask of ACLs, acl(5)) may be for somebody whom we are not.
 */
static bool can_be_written(int dir, const char *name, mode_t mode)
{
	return mode & (S_IWGRP | S_IWOTH) || faccessat(dir, name, W_OK, AT_EACCESS) == 0;
}

bool etc_cover_is_closed(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && !can_be_written(dir, ".", st.st_mode);
}

/* overlayfs takes its layers by path; descriptors have no ':' or ',' in them. */
static int create_overlay(int upper, int lower)
{
	char layers[64];
	const char *const options[] = {"userxattr", NULL, "lowerdir", layers, NULL};

	g_snprintf(layers, sizeof(layers), "/proc/self/fd/%d:/proc/self/fd/%d", upper, lower);
	return mounts_create("overlay", options, mounts_inherited(lower) | MOUNT_ATTR_RDONLY);
}

/* Ours are among those that are not to be hidden. */
static bool is_live_file(const struct etc_cover *cover, const char *name)
{
	struct stat st;

	return !cover->is_read_only && fstatat(cover->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       can_be_written(cover->dir, name, st.st_mode) &&
	       faccessat(cover->files, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

static unsigned char type_of(const struct etc_cover *cover, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(cover->dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return DT_UNKNOWN;
	return IFTODT(st.st_mode);
}

static bool is_live(const struct etc_cover *cover, const struct dirent *entry)
{
	const char *name = entry->d_name;

	switch (type_of(cover, entry)) {
	case DT_DIR:
		return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	case DT_REG:
		return is_live_file(cover, name);
	case DT_LNK:
	case DT_UNKNOWN:
		return false;
	default:
		return true;
	}
}

/* Best effort: what cannot be bound, or has vanished, stays what the overlay shows. */
static void bind_live(const struct etc_cover *cover, const char *name)
{
	autoclose int mount = mounts_clone(cover->dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);

	if (mount >= 0)
		mounts_attach(mount, cover->overlay, name);
}

static void close_layers(struct etc_cover *cover)
{
	close_fd(&cover->dir);
	close_fd(&cover->files);
	close_fd(&cover->overlay);
}

void etc_cover_init(struct etc_cover *cover)
{
	*cover = (struct etc_cover){.dir = -1, .files = -1, .overlay = -1, .refresh = -1};
}

void etc_cover_done(struct etc_cover *cover)
{
	close_layers(cover);
	close_fd(&cover->refresh);
}

void etc_cover_mount(struct etc_cover *cover, int dir, int files, bool is_read_only)
{
	autoclose int overlay = create_overlay(files, dir);
	autoclose int refresh =
		overlay < 0 ? -1 : fspick(overlay, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	cover->is_read_only = is_read_only;
	cover->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	cover->files = fcntl(files, F_DUPFD_CLOEXEC, 0);
	if (cover->dir < 0 || cover->files < 0 || refresh < 0 || !mounts_attach(overlay, dir, ""))
		return;
	cover->overlay = g_steal_fd(&overlay);
	cover->refresh = g_steal_fd(&refresh);
}

void etc_cover_bind(struct etc_cover *cover)
{
	autoclose int fd = cover->overlay < 0
				   ? -1
				   : openat(cover->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (stream) {
		g_steal_fd(&fd);
		while ((entry = readdir(stream)))
			if (is_live(cover, entry))
				bind_live(cover, entry->d_name);
		closedir(stream);
	}
	close_layers(cover);
}

/* A remount, whatever it changes, lets go of all names that are not in use. */
bool etc_cover_refresh(int refresh)
{
	return fsconfig(refresh, FSCONFIG_SET_FLAG, "ro", NULL, 0) == 0 &&
	       fsconfig(refresh, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) == 0;
}
