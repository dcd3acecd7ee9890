/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_files - /etc/resolv.conf and /etc/hosts with contents of ours, the originals untouched */
#include "launcher/etc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/mounts.h"
#include "launcher/root_tree.h"
#include "launcher/shadow.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define MAX_TEXT_SIZE (1024 * 1024)

struct etc_file {
	const char *name;
	const char *text;
};

/* The caller owns the text. NULL when there is none that could be taken. */
static char *read_host_text(const char *name)
{
	g_autofree char *path = g_build_filename("/etc", name, NULL);
	autoclose int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	g_autofree char *text = NULL;
	struct stat st;
	ssize_t size;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_TEXT_SIZE)
		return NULL;
	text = g_malloc0((size_t)st.st_size + 1);
	size = read(fd, text, (size_t)st.st_size);
	return size == st.st_size ? g_steal_pointer(&text) : NULL;
}

/* Opens the regular file that /etc/name leads to inside root; -1 when it leads to none. */
static int open_target(const struct root_tree *tree, const char *name)
{
	g_autofree char *path = g_build_filename("etc", name, NULL);
	autoclose int target = root_tree_open(tree, path, 0);
	struct stat st;

	if (target < 0 || fstat(target, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return g_steal_fd(&target);
}

static int open_etc(const struct root_tree *tree)
{
	return mounts_resolve(tree->root, "etc", O_PATH | O_DIRECTORY,
			      RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

/* In our own /etc; false also when it is not ours, or what is in the place cannot be removed. */
static bool make_file(const struct root_tree *tree, const char *name)
{
	autoclose int etc = open_etc(tree);

	if (etc < 0 || !root_tree_is_own(tree, etc))
		return false;
	return (unlinkat(etc, name, 0) == 0 || errno == ENOENT) &&
	       mknodat(etc, name, S_IFREG | 0644, 0) == 0;
}

static bool shadow_etc(struct root_tree *tree, const struct shadow_entry *added, GError **error)
{
	autoclose int etc = open_etc(tree);
	autoclose int shadow = -1;

	if (etc < 0)
		return failure_errno(error, "open \"/etc\" of the root file system");
	shadow = shadow_directory(etc, "/etc", added, error);
	return shadow >= 0 && root_tree_add_own(tree, shadow, error);
}

static bool write_text(int staging, const struct etc_file *file)
{
	size_t size = strlen(file->text);
	autoclose int fd =
		openat(staging, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	/* A tmpfs takes all or fails. */
	return fd >= 0 && write(fd, file->text, size) == (ssize_t)size;
}

static bool install(const struct root_tree *tree, int staging, const struct etc_file *file,
		    GError **error)
{
	autoclose int target = open_target(tree, file->name);
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

/* Sees to it that each file with a text has a regular file to lie on. */
static bool complete_etc(struct root_tree *tree, const struct etc_file *files, size_t n_files,
			 GError **error)
{
	g_autofree struct shadow_entry *absent = g_new0(struct shadow_entry, n_files + 1);
	size_t n_absent = 0;

	for (size_t i = 0; i < n_files; i++) {
		autoclose int target = files[i].text ? open_target(tree, files[i].name) : -1;

		if (files[i].text && target < 0 && !make_file(tree, files[i].name))
			absent[n_absent++] = (struct shadow_entry){files[i].name, S_IFREG};
	}
	return n_absent == 0 || shadow_etc(tree, absent, error);
}

bool etc_files_install(struct root_tree *tree, int staging, const char *resolv_conf,
		       const char *hosts, GError **error)
{
	g_autofree char *host_resolv = resolv_conf ? NULL : read_host_text("resolv.conf");
	g_autofree char *host_hosts = hosts ? NULL : read_host_text("hosts");
	const struct etc_file files[] = {
		{"resolv.conf", resolv_conf ? resolv_conf : host_resolv},
		{"hosts", hosts ? hosts : host_hosts},
	};

	if (!complete_etc(tree, files, G_N_ELEMENTS(files), error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		if (files[i].text && !install(tree, staging, &files[i], error))
			return false;
	}
	return true;
}
