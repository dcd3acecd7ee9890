/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount_table - what is mounted below a mount, from /proc/self/mountinfo */
#include "launcher/mount_table.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "src/failure.h"

struct entry {
	guint64 id, parent;
	char *path;
};

static void free_entry(gpointer data)
{
	struct entry *entry = data;

	g_free(entry->path);
	g_free(entry);
}

static void add_line(GHashTable *entries, const char *line)
{
	g_auto(GStrv) fields = g_strsplit(line, " ", 6);
	struct entry *entry;

	if (g_strv_length(fields) < 6)
		return;
	entry = g_new(struct entry, 1);
	entry->id = g_ascii_strtoull(fields[0], NULL, 10);
	entry->parent = g_ascii_strtoull(fields[1], NULL, 10);
	entry->path = g_strcompress(fields[4]); /* blanks are \040 and the like */
	g_hash_table_replace(entries, &entry->id, entry);
}

/* A mount's parent may be out of sight, and the topmost mount of all is its own. */
static bool is_below(GHashTable *entries, const struct entry *entry, guint64 top_id)
{
	for (guint depth = g_hash_table_size(entries); entry && depth > 0; depth--) {
		if (entry->parent == top_id)
			return entry->id != top_id;
		entry = g_hash_table_lookup(entries, &entry->parent);
	}
	return false;
}

GPtrArray *mount_table_parse(const char *text, guint64 top_id)
{
	g_autoptr(GHashTable) entries =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_entry);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	const struct entry *top, *entry;
	GHashTableIter iter;
	gpointer value;

	for (char **line = lines; *line; line++)
		add_line(entries, *line);
	top = g_hash_table_lookup(entries, &top_id);
	g_hash_table_iter_init(&iter, entries);
	while (top && g_hash_table_iter_next(&iter, NULL, &value)) {
		size_t length = strlen(top->path);

		entry = value;
		if (!is_below(entries, entry, top_id) ||
		    strncmp(entry->path, top->path, length) != 0)
			continue;
		g_ptr_array_add(paths,
				g_strdup(entry->path + length + strspn(entry->path + length, "/")));
	}
	return paths;
}

GPtrArray *mount_table_below(int top, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) failure = NULL;
	struct statx stx;

	if (statx(top, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0) {
		failure_errno(error, "find the mount of the root file system");
		return NULL;
	}
	if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, &failure)) {
		failure_set(error, 0, NULL, "list the mounts: %s", failure->message);
		return NULL;
	}
	return mount_table_parse(text, stx.stx_mnt_id);
}

bool mount_table_has_below(const GPtrArray *paths, const char *path)
{
	size_t length = strlen(path);

	for (guint i = 0; i < paths->len; i++) {
		const char *other = paths->pdata[i];

		if (strncmp(other, path, length) != 0 || !other[length])
			continue;
		if (length == 0 || other[length] == '/')
			return true;
	}
	return false;
}
