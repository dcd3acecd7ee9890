/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subid - the subordinate ids that the host grants a user (subuid(5), subgid(5)) */
#include "launcher/subid.h"

#include <string.h>

#define SUBID_COUNT 65536 /* SUB_UID_COUNT of login.defs(5) */

const struct subid_source subid_users = {
	.file = "/etc/subuid",
	.nsswitch = "/etc/nsswitch.conf",
	.getsubids = "getsubids",
};
const struct subid_source subid_groups = {
	.file = "/etc/subgid",
	.nsswitch = "/etc/nsswitch.conf",
	.getsubids = "getsubids",
	.groups = true,
};

struct subid_line {
	char *owner; /* name or number */
	struct id_range range;
};

static void subid_line_done(gpointer data)
{
	g_free(((struct subid_line *)data)->owner);
}

/* OWNER:FIRST:COUNT on each line; what is not is no line. */
static GArray *read_lines(const char *path)
{
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct subid_line));
	g_autofree char *text = NULL;

	g_array_set_clear_func(lines, subid_line_done);
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return lines;
	g_auto(GStrv) words = g_strsplit(text, "\n", -1);
	for (char **word = words; *word; word++) {
		g_auto(GStrv) fields = g_strsplit(g_strchomp(*word), ":", -1);
		struct subid_line line;
		if (g_strv_length(fields) != 3 || !*fields[0] ||
		    !id_range_parse(fields[1], fields[2], &line.range))
			continue;
		line.owner = g_strdup(fields[0]);
		g_array_append_val(lines, line);
	}
	return lines;
}

static bool is_owner(const struct subid_owner *owner, const char *text)
{
	uint32_t uid;

	if (owner->name && g_str_equal(owner->name, text))
		return true;
	return id_parse(text, &uid) && uid == owner->uid;
}

static void add_from_file(GArray *ranges, const char *path, const struct subid_owner *owner)
{
	g_autoptr(GArray) lines = read_lines(path);

	for (guint i = 0; i < lines->len; i++) {
		const struct subid_line *line = &g_array_index(lines, struct subid_line, i);
		if (is_owner(owner, line->owner))
			id_ranges_add(ranges, line->range);
	}
}

/* Without a service, getsubids(1) reads the same file again. */
static bool has_service(const char *nsswitch)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(nsswitch, &text, NULL, NULL))
		return false;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(g_strchug(*line), "subid:"))
			return true;
	}
	return false;
}

/* Lines of getsubids(1): "0: OWNER FIRST COUNT". */
static void add_from_output(GArray *ranges, const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, " ", -1);
		struct id_range range;
		if (g_strv_length(fields) == 4 && g_str_has_suffix(fields[0], ":") &&
		    id_range_parse(fields[2], fields[3], &range))
			id_ranges_add(ranges, range);
	}
}

static void add_from_service(GArray *ranges, const struct subid_source *source,
			     const struct subid_owner *owner)
{
	g_autofree char *number = g_strdup_printf("%u", owner->uid);
	g_autofree char *output = NULL;
	const char *name = owner->name ? owner->name : number;
	const char *argv[] = {source->getsubids, source->groups ? "-g" : name,
			      source->groups ? name : NULL, NULL};
	int wait_status;

	if (g_spawn_sync(NULL, (char **)argv, NULL,
			 G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output,
			 NULL, &wait_status, NULL) &&
	    wait_status == 0)
		add_from_output(ranges, output);
}

GArray *subid_find(const struct subid_source *source, const struct subid_owner *owner)
{
	GArray *ranges = id_ranges_new();

	add_from_file(ranges, source->file, owner);
	if (ranges->len == 0 && has_service(source->nsswitch))
		add_from_service(ranges, source, owner);
	return ranges;
}

char *subid_holder(const struct subid_source *source, const struct subid_owner *owner,
		   struct id_range range)
{
	g_autoptr(GArray) lines = read_lines(source->file);

	for (guint i = 0; i < lines->len; i++) {
		const struct subid_line *line = &g_array_index(lines, struct subid_line, i);
		if (!is_owner(owner, line->owner) && id_range_overlaps(line->range, range))
			return g_strdup(line->owner);
	}
	return NULL;
}

struct id_range subid_free(const struct subid_source *source)
{
	g_autoptr(GArray) lines = read_lines(source->file);
	struct id_range found = {SUBID_MIN, SUBID_COUNT};

	for (guint i = 0; i < lines->len; i++) {
		struct id_range taken = g_array_index(lines, struct subid_line, i).range;
		uint32_t end = taken.first + taken.count;
		if (end > found.first && end <= ID_MAX - SUBID_COUNT)
			found.first = end;
	}
	return found;
}
