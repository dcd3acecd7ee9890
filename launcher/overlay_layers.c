/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_layers - merges two layers by the kernel's overlayfs, mount by mount */
#include "launcher/overlay_layers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/mount_table.h"
#include "launcher/mounts.h"
#include "launcher/overlay_split.h"
#include "launcher/shadow.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* One merge: what does not change from directory to directory. */
struct merge {
	const struct overlay_layers *layers;
	struct root_tree *tree;
	GPtrArray *mounted;	    /* paths below lower where something is mounted */
	struct overlay_split split; /* what has been copied */
	unsigned n_overlays;
	dev_t device; /* of lower itself */
};

/* One directory in all layers. */
struct place {
	const char *path; /* below lower; "" is lower itself */
	int lower, upper, target;
};

static bool merge_directory(struct merge *merge, const struct place *place, GError **error);

/* overlayfs takes its layers by path; descriptors have no ':' or ',' in them. */
static int create_overlay(int lower, int upper, int work, unsigned attributes)
{
	char lower_path[32], upper_path[32], work_path[32];
	const char *const options[] = {
		"userxattr", NULL,	"lowerdir", lower_path, "upperdir",
		upper_path,  "workdir", work_path,  NULL,
	};

	g_snprintf(lower_path, sizeof(lower_path), "/proc/self/fd/%d", lower);
	g_snprintf(upper_path, sizeof(upper_path), "/proc/self/fd/%d", upper);
	g_snprintf(work_path, sizeof(work_path), "/proc/self/fd/%d", work);
	return mounts_create("overlay", options, attributes);
}

static int make_work(struct merge *merge)
{
	char name[16];

	g_snprintf(name, sizeof(name), "%u", merge->n_overlays++);
	if (mkdirat(merge->layers->work, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(merge->layers->work, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Mounts an overlay on the place's target. Returns its root or -1 with errno set. */
static int mount_overlay(struct merge *merge, const struct place *place, int lower)
{
	autoclose int work = make_work(merge);
	autoclose int mount = -1;

	if (work < 0)
		return -1;
	mount = create_overlay(lower, place->upper, work, mounts_inherited(place->lower));
	if (mount < 0 || !mounts_attach(mount, place->target, ""))
		return -1;
	return root_tree_add_own(merge->tree, mount, NULL) ? g_steal_fd(&mount) : -1;
}

/* Shows lower itself, which is read-only. */
static bool show_lower(int lower, int target)
{
	autoclose int mount = mounts_clone(lower, "", AT_EMPTY_PATH);

	return mount >= 0 && mounts_attach(mount, target, "");
}

static bool merge_entry(struct merge *merge, const struct place *parent, int merged,
			const char *name, GError **error)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	g_autofree char *path =
		*parent->path ? g_build_filename(parent->path, name, NULL) : g_strdup(name);
	autoclose int lower = openat(parent->lower, name, flags);
	autoclose int upper = openat(parent->upper, name, flags);
	autoclose int target = openat(merged, name, flags);
	const struct place place = {path, lower, upper, target};

	/* Replaced or removed in an earlier session, or gone from lower meanwhile. */
	if (lower < 0 || upper < 0 || target < 0)
		return true;
	return merge_directory(merge, &place, error);
}

/* A file that was not copied; with an entry in upper it has been replaced. */
static bool show_file(const struct place *parent, int merged, const char *name)
{
	autoclose int lower = openat(parent->lower, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	autoclose int target = openat(merged, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (lower < 0 || target < 0 ||
	    faccessat(parent->upper, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return show_lower(lower, target);
}

static bool fill_split(struct merge *merge, const struct place *place, int merged,
		       const struct overlay_split_entries *entries, GError **error)
{
	for (guint i = 0; i < entries->directories->len; i++) {
		if (!merge_entry(merge, place, merged, entries->directories->pdata[i], error))
			return false;
	}
	for (guint i = 0; i < entries->files->len; i++) {
		const char *name = entries->files->pdata[i];

		if (!show_file(place, merged, name))
			return failure_errno(error,
					     "show \"%s\" in \"/%s\" of the root file system", name,
					     place->path);
	}
	return true;
}

static bool merge_split(struct merge *merge, const struct place *place, GError **error)
{
	struct overlay_split_entries entries;
	autoclose int copy = overlay_split_copy(&merge->split, place->lower, place->upper,
						!*place->path, &entries);
	autoclose int merged = -1;
	bool filled = false;

	/* Who may not list it cannot reach what is below either. */
	if (copy < 0 && (errno == EACCES || errno == EPERM))
		return show_lower(place->lower, place->target) ||
		       failure_errno(error, "show \"/%s\" of the root file system", place->path);
	if (copy < 0)
		return failure_errno(error, "copy the entries of \"/%s\" of the root file system",
				     place->path);
	merged = mount_overlay(merge, place, copy);
	if (merged < 0)
		failure_errno(error, "mount an overlay on \"/%s\" of the root file system",
			      place->path);
	else
		filled = fill_split(merge, place, merged, &entries, error);
	overlay_split_entries_done(&entries);
	return filled;
}

static bool is_foreign(const struct merge *merge, int lower)
{
	struct stat st;

	return fstat(lower, &st) == 0 && st.st_dev != merge->device;
}

/* Best effort: what is missing or a symlink ends it. */
static void open_chain(const struct place *place, const char *path)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	autoclose int lower = dup(place->lower), upper = dup(place->upper);

	for (char **name = names; *name && lower >= 0 && upper >= 0; name++) {
		int next_lower = openat(lower, *name, flags);
		bool made = next_lower >= 0 && overlay_split_make_like(upper, *name, next_lower);
		int next_upper = made ? openat(upper, *name, flags) : -1;

		close_fd(&lower);
		close_fd(&upper);
		lower = next_lower;
		upper = next_upper;
	}
}

static void open_chains(const struct merge *merge, const struct place *place)
{
	const char *const *path = merge->layers->opened;
	size_t length = strlen(place->path);

	for (; path && *path; path++) {
		if (length == 0)
			open_chain(place, *path);
		else if (strncmp(*path, place->path, length) == 0 && (*path)[length] == '/')
			open_chain(place, *path + length + 1);
	}
}

static bool merge_directory(struct merge *merge, const struct place *place, GError **error)
{
	autoclose int merged = -1;

	if (mount_table_has_below(merge->mounted, place->path))
		return merge_split(merge, place, error);
	open_chains(merge, place);
	merged = mount_overlay(merge, place, place->lower);
	if (merged >= 0)
		return true;
	if (!is_foreign(merge, place->lower))
		return failure_errno(error, "mount an overlay on \"/%s\" of the root file system",
				     place->path);
	return show_lower(place->lower, place->target) ||
	       failure_errno(error, "show \"/%s\" of the root file system", place->path);
}

bool overlay_layers_mount(const struct overlay_layers *layers, struct root_tree *tree,
			  GError **error)
{
	g_autoptr(GPtrArray) mounted = mount_table_below(layers->lower, error);
	const struct place top = {"", layers->lower, layers->upper, layers->target};
	struct merge merge = {
		.layers = layers,
		.tree = tree,
		.mounted = mounted,
		.split = {.aside = layers->aside},
	};
	struct stat st;

	if (!mounted)
		return false;
	if (fstat(layers->lower, &st) < 0)
		return failure_errno(error, "look at the root file system");
	merge.device = st.st_dev;
	return merge_directory(&merge, &top, error);
}
