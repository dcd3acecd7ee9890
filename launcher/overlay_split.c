/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_split - a copy of one directory's entries, to be the lower layer of an overlay */
#include "launcher/overlay_split.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/shadow.h"
#include "src/autoclose.h"

/* Copying costs time at each start and memory until the end. */
#define MAX_FILE_BYTES	(1024 * 1024)
#define MAX_TOTAL_BYTES (16 * 1024 * 1024)

struct copy {
	struct overlay_split *split;
	int lower, upper, target;
	bool is_top;
	struct overlay_split_entries *entries;
};

bool overlay_split_make_like(int parent, const char *name, int model)
{
	struct stat st;

	if (fstat(model, &st) < 0)
		return false;
	if (mkdirat(parent, name, 0700) < 0)
		return errno == EEXIST;
	const struct timespec times[] = {st.st_atim, st.st_mtim};
	/* The group of a set-gid directory may not be ours: the bit is not worth a failure. */
	return fchmodat(parent, name, st.st_mode & 01777, 0) == 0 &&
	       utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_replaced(const char *name)
{
	return strcmp(name, "proc") == 0 || strcmp(name, "sys") == 0 || strcmp(name, "dev") == 0;
}

static bool copy_directory(const struct copy *copy, const char *name)
{
	autoclose int lower =
		openat(copy->lower, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (lower < 0)
		return errno == ENOENT;
	if (!overlay_split_make_like(copy->target, name, lower))
		return false;
	if (copy->is_top && is_replaced(name))
		return true;
	g_ptr_array_add(copy->entries->directories, g_strdup(name));
	return overlay_split_make_like(copy->upper, name, lower);
}

static bool copy_symlink(const struct copy *copy, const char *name)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(copy->lower, name, text, sizeof(text) - 1);

	if (length < 0)
		return false;
	text[length] = '\0';
	return symlinkat(text, copy->target, name) == 0;
}

static bool copy_bytes(int from, int to, off_t size)
{
	while (size > 0) {
		ssize_t n = sendfile(to, from, NULL, (size_t)size);

		if (n <= 0)
			return false;
		size -= n;
	}
	return true;
}

/* Opened by its name, which cannot be a FIFO's by now without the user's own doing. */
static bool copy_contents(const struct copy *copy, const char *name, const struct stat *st, int to)
{
	const struct timespec times[] = {st->st_atim, st->st_mtim};
	autoclose int from = openat(copy->lower, name,
				    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (from < 0 || !copy_bytes(from, to, st->st_size))
		return false;
	copy->split->n_bytes += st->st_size;
	return fchmod(to, st->st_mode & 0777) == 0 && futimens(to, times) == 0;
}

static bool copy_file(const struct copy *copy, const char *name, const struct stat *st)
{
	bool is_small = st->st_size <= MAX_FILE_BYTES &&
			copy->split->n_bytes + st->st_size <= MAX_TOTAL_BYTES;
	autoclose int to =
		openat(copy->target, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (to < 0)
		return false;
	if (!is_small || !copy_contents(copy, name, st, to))
		g_ptr_array_add(copy->entries->files, g_strdup(name));
	return true;
}

static bool copy_entry(const struct copy *copy, const char *name)
{
	struct stat st;

	if (fstatat(copy->lower, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return errno == ENOENT || errno == EACCES;
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_directory(copy, name);
	case S_IFLNK:
		return copy_symlink(copy, name);
	case S_IFREG:
		return copy_file(copy, name, &st);
	case S_IFIFO:
	case S_IFSOCK:
		return mknodat(copy->target, name, st.st_mode & (S_IFMT | 0777), 0) == 0;
	default:
		return true;
	}
}

/* An empty directory for the copy, like lower. */
static int make_target(struct overlay_split *split, int lower)
{
	char name[16];

	g_snprintf(name, sizeof(name), "%u", split->n_copies++);
	if (!overlay_split_make_like(split->aside, name, lower))
		return -1;
	return openat(split->aside, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool copy_all(const struct copy *copy, const GPtrArray *names)
{
	for (guint i = 0; i < names->len; i++) {
		if (!copy_entry(copy, names->pdata[i]))
			return false;
	}
	return true;
}

int overlay_split_copy(struct overlay_split *split, int lower, int upper, bool is_top,
		       struct overlay_split_entries *ret_entries)
{
	g_autoptr(GPtrArray) names = shadow_list_names(lower);
	autoclose int target = names ? make_target(split, lower) : -1;
	struct overlay_split_entries entries = {
		.directories = g_ptr_array_new_with_free_func(g_free),
		.files = g_ptr_array_new_with_free_func(g_free),
	};
	const struct copy copy = {split, lower, upper, target, is_top, &entries};

	if (target >= 0 && copy_all(&copy, names)) {
		*ret_entries = entries;
		return g_steal_fd(&target);
	}
	int saved_errno = errno;

	overlay_split_entries_done(&entries);
	errno = saved_errno;
	return -1;
}

void overlay_split_entries_done(struct overlay_split_entries *entries)
{
	g_clear_pointer(&entries->directories, g_ptr_array_unref);
	g_clear_pointer(&entries->files, g_ptr_array_unref);
}
