/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_files - /etc/resolv.conf and /etc/hosts with contents of ours, the originals untouched */
#include "launcher/etc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/etc_cover.h"
#include "launcher/mounts.h"
#include "launcher/overlay_split.h"
#include "launcher/root_tree.h"
#include "launcher/shadow.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define MAX_TEXT_SIZE (1024 * 1024)

/* The caller owns the text. NULL when there is none that could be taken. */
static char *read_text(const char *path)
{
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

static bool write_text(int directory, const struct etc_file *file)
{
	size_t size = strlen(file->text);
	autoclose int fd =
		openat(directory, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	/* A tmpfs takes all or fails. */
	return fd >= 0 && write(fd, file->text, size) == (ssize_t)size;
}

static bool reads_as(const struct root_tree *tree, const struct etc_file *file)
{
	autoclose int target = open_target(tree, file->name);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", target);
	g_autofree char *text = target < 0 ? NULL : read_text(path);

	return g_strcmp0(text, file->text) == 0;
}

/* What is seen as /etc when it is covered has its attributes. */
static int make_directory(const struct root_tree *tree, int staging)
{
	autoclose int etc = open_etc(tree);

	if (etc < 0 || !overlay_split_make_like(staging, "etc", etc))
		return -1;
	return openat(staging, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void etc_files_init(struct etc_files *files, int staging)
{
	*files = (struct etc_files){.staging = staging, .directory = -1};
	etc_cover_init(&files->cover);
}

bool etc_files_prepare(struct etc_files *files, const struct etc_texts *texts,
		       const struct root_tree *tree, GError **error)
{
	const char *resolv_conf = texts->resolv_conf, *hosts = texts->hosts;

	files->file[0] = (struct etc_file){
		"resolv.conf", resolv_conf ? g_strdup(resolv_conf) : read_text("/etc/resolv.conf")};
	files->file[1] =
		(struct etc_file){"hosts", hosts ? g_strdup(hosts) : read_text("/etc/hosts")};
	files->directory = make_directory(tree, files->staging);
	if (files->directory < 0)
		return failure_errno(error, "make a directory like \"/etc\"");
	for (size_t i = 0; i < G_N_ELEMENTS(files->file); i++) {
		struct etc_file *file = &files->file[i];

		if (file->text && texts->follow && reads_as(tree, file))
			g_clear_pointer(&file->text, g_free);
		if (file->text && !write_text(files->directory, file))
			return failure_errno(error, "write the contents of \"/etc/%s\"",
					     file->name);
	}
	return true;
}

void etc_files_done(struct etc_files *files)
{
	for (size_t i = 0; i < G_N_ELEMENTS(files->file); i++)
		g_clear_pointer(&files->file[i].text, g_free);
	close_fd(&files->directory);
	etc_cover_done(&files->cover);
}

bool etc_files_cover(struct etc_files *files, const struct root_tree *tree, bool is_read_only,
		     GError **error)
{
	autoclose int etc = open_etc(tree);

	if (etc < 0)
		return failure_errno(error, "open \"/etc\" of the root file system");
	if ((files->file[0].text || files->file[1].text) && !root_tree_is_own(tree, etc) &&
	    (is_read_only || etc_cover_is_closed(etc)))
		etc_cover_mount(&files->cover, etc, files->directory, is_read_only);
	return true;
}

static bool install(const struct root_tree *tree, int directory, const struct etc_file *file,
		    GError **error)
{
	autoclose int target = open_target(tree, file->name);
	autoclose int mount = -1;

	if (target < 0)
		return failure_errno(error, "open \"/etc/%s\" of the root file system", file->name);
	mount = mounts_clone(directory, file->name, AT_SYMLINK_NOFOLLOW);
	if (mount < 0 || !mounts_attach(mount, target, ""))
		return failure_errno(error, "mount on \"/etc/%s\"", file->name);
	return true;
}

/* Sees to it that each file with a text has a regular file to lie on. */
static bool complete_etc(const struct etc_files *files, struct root_tree *tree, GError **error)
{
	struct shadow_entry absent[G_N_ELEMENTS(files->file) + 1] = {0};
	size_t n_absent = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(files->file); i++) {
		const struct etc_file *file = &files->file[i];
		autoclose int target = file->text ? open_target(tree, file->name) : -1;

		if (file->text && target < 0 && !make_file(tree, file->name))
			absent[n_absent++] = (struct shadow_entry){file->name, S_IFREG};
	}
	return n_absent == 0 || shadow_etc(tree, absent, error);
}

bool etc_files_install(const struct etc_files *files, struct root_tree *tree, GError **error)
{
	if (files->cover.refresh >= 0)
		return true;
	if (!complete_etc(files, tree, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(files->file); i++) {
		if (files->file[i].text && !install(tree, files->directory, &files->file[i], error))
			return false;
	}
	return true;
}
