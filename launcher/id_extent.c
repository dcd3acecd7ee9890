/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_extent - the lines of an id map, as text of the user and of the kernel */
#include "launcher/id_extent.h"

#include <errno.h>

#include "src/failure.h"

static struct id_range inside_of(struct id_extent extent)
{
	return (struct id_range){extent.inside, extent.count};
}

static struct id_range outside_of(struct id_extent extent)
{
	return (struct id_range){extent.outside, extent.count};
}

static bool parse_extent(char **fields, struct id_extent *ret_extent)
{
	struct id_range inside, outside;

	if (g_strv_length(fields) != 3 || !id_range_parse(fields[0], fields[2], &inside) ||
	    !id_range_parse(fields[1], fields[2], &outside))
		return false;
	*ret_extent = (struct id_extent){inside.first, outside.first, inside.count};
	return true;
}

static void refuse_overlap(const char *option, const struct id_extent pair[2], bool is_inside,
			   GError **error)
{
	g_autofree char *first = id_extent_to_string(pair[0]);
	g_autofree char *second = id_extent_to_string(pair[1]);
	uint32_t id = is_inside ? MAX(pair[0].inside, pair[1].inside)
				: MAX(pair[0].outside, pair[1].outside);

	failure_set(error, EINVAL, "let each id stand in one range only, inside and outside",
		    "%s: %s and %s overlap: both have id %u %s", option, first, second, id,
		    is_inside ? "of the container" : "of the host");
}

static bool check_overlap(const char *option, const struct id_extents *extents,
			  struct id_extent extent, GError **error)
{
	for (unsigned i = 0; i < extents->n; i++) {
		const struct id_extent pair[2] = {extents->at[i], extent};
		bool is_inside = id_range_overlaps(inside_of(pair[0]), inside_of(extent));
		if (!is_inside && !id_range_overlaps(outside_of(pair[0]), outside_of(extent)))
			continue;
		refuse_overlap(option, pair, is_inside, error);
		return false;
	}
	return true;
}

bool id_extents_parse(const char *option, const char *text, struct id_extents *ret_extents,
		      GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	struct id_extents extents = {0};

	for (char **word = words; *word; word++) {
		g_auto(GStrv) fields = g_strsplit(*word, ":", -1);
		struct id_extent extent;
		if (!parse_extent(fields, &extent)) {
			failure_set(error, EINVAL,
				    "write N ids from U inside and from H outside, e.g. "
				    "0:1000:1,1:100000:65536",
				    "%s: '%s' is no range U:H:N of ids", option, *word);
			return false;
		}
		if (!check_overlap(option, &extents, extent, error))
			return false;
		if (!id_extents_add(&extents, extent)) {
			failure_set(error, E2BIG, "join ranges", "%s: more than %d ranges", option,
				    ID_EXTENTS_MAX);
			return false;
		}
	}
	if (extents.n == 0) {
		failure_set(error, EINVAL, "e.g. 0:1000:1,1:100000:65536", "%s: no range", option);
		return false;
	}
	*ret_extents = extents;
	return true;
}

/* The fields of one line, without the blanks that the kernel aligns them with. */
static GStrv split_blanks(const char *line)
{
	g_autoptr(GStrvBuilder) fields = g_strv_builder_new();
	g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);

	for (char **word = words; *word; word++) {
		if (**word)
			g_strv_builder_add(fields, *word);
	}
	return g_strv_builder_end(fields);
}

bool id_extents_parse_proc(const char *text, struct id_extents *ret_extents)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct id_extents extents = {0};

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = split_blanks(*line);
		struct id_extent extent;
		if (!*fields)
			continue;
		/* In the first namespace one line maps all ids, (uid_t)-1 not among them. */
		if (!parse_extent(fields, &extent) || !id_extents_add(&extents, extent))
			return false;
	}
	*ret_extents = extents;
	return extents.n > 0;
}

bool id_extents_add(struct id_extents *extents, struct id_extent extent)
{
	if (extents->n == ID_EXTENTS_MAX)
		return false;
	extents->at[extents->n++] = extent;
	return true;
}

char *id_extent_to_string(struct id_extent extent)
{
	return g_strdup_printf("%u:%u:%u", extent.inside, extent.outside, extent.count);
}

char *id_extents_to_proc(const struct id_extents *extents)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < extents->n; i++) {
		struct id_extent extent = extents->at[i];
		g_string_append_printf(text, "%s%u %u %u", i ? "\n" : "", extent.inside,
				       extent.outside, extent.count);
	}
	return g_string_free(text, FALSE);
}

bool id_extents_map(const struct id_extents *extents, uint32_t inside)
{
	for (unsigned i = 0; i < extents->n; i++) {
		if (id_range_overlaps(inside_of(extents->at[i]), (struct id_range){inside, 1}))
			return true;
	}
	return false;
}

bool id_extents_are_single(const struct id_extents *extents)
{
	return extents->n == 1 && extents->at[0].count == 1;
}

GArray *id_extents_inside(const struct id_extents *extents)
{
	GArray *ranges = id_ranges_new();

	for (unsigned i = 0; i < extents->n; i++)
		id_ranges_add(ranges, inside_of(extents->at[i]));
	return ranges;
}
