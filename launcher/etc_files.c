/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_files - /etc/resolv.conf and /etc/hosts with contents of ours, the originals untouched */
#include "launcher/etc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include "launcher/mounts.h"
#include "launcher/shadow.h"
#include "src/autoclose.h"
#include "src/failure.h"

struct etc_file {
	const char *name;
	const char *text;
};

/* Opens the regular file that /etc/name leads to inside root; -1 when it leads to none. */
static int open_target(int root, const char *name)
{
	g_autofree char *path = g_build_filename("etc", name, NULL);
	autoclose int target = mounts_resolve(root, path, O_PATH, RESOLVE_IN_ROOT);
	struct stat st;

	if (target < 0 || fstat(target, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return g_steal_fd(&target);
}

static bool shadow_etc(int root, const struct shadow_entry *added, GError **error)
{
	autoclose int etc = mounts_resolve(root, "etc", O_PATH | O_DIRECTORY,
					   RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	autoclose int shadow = -1;

	if (etc < 0)
		return failure_errno(error, "open \"/etc\" of the root file system");
	shadow = shadow_directory(etc, "/etc", added, error);
	return shadow >= 0;
}

static bool write_text(int staging, const struct etc_file *file)
{
	size_t size = strlen(file->text);
	autoclose int fd =
		openat(staging, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	/* A tmpfs takes all or fails. */
	return fd >= 0 && write(fd, file->text, size) == (ssize_t)size;
}

static bool install(int root, int staging, const struct etc_file *file, GError **error)
{
	autoclose int target = open_target(root, file->name);
	autoclose int mount = -1;

	if (target < 0)
		return failure_errno(error, "open \"/etc/%s\" of the root file system", file->name);
	if (!write_text(staging, file))
		return failure_errno(error, "write the contents of \"/etc/%s\"", file->name);
	mount = mounts_clone(staging, file->name, AT_SYMLINK_NOFOLLOW);
	if (mount < 0 || !mounts_attach(mount, target, ""))
		return failure_errno(error, "mount on \"/etc/%s\"", file->name);
	return true;
}

bool etc_files_install(int root, int staging, const char *resolv_conf, const char *hosts,
		       GError **error)
{
	const struct etc_file files[] = {{"resolv.conf", resolv_conf}, {"hosts", hosts}};
	struct shadow_entry absent[G_N_ELEMENTS(files) + 1] = {0};
	size_t n_absent = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		autoclose int target = open_target(root, files[i].name);

		if (target < 0)
			absent[n_absent++] = (struct shadow_entry){files[i].name, S_IFREG};
	}
	if (n_absent > 0 && !shadow_etc(root, absent, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		if (!install(root, staging, &files[i], error))
			return false;
	}
	return true;
}
