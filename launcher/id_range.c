/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_range - sets of user or group ids, as lists of ranges that do not meet */
#include "launcher/id_range.h"

bool id_parse(const char *text, uint32_t *ret_id)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, 0, ID_MAX, &value, NULL))
		return false;
	*ret_id = (uint32_t)value;
	return true;
}

bool id_range_parse(const char *first, const char *count, struct id_range *ret_range)
{
	struct id_range range;
	guint64 value;

	if (!id_parse(first, &range.first) ||
	    !g_ascii_string_to_unsigned(count, 10, 1, (guint64)ID_MAX + 1 - range.first, &value,
					NULL))
		return false;
	range.count = (uint32_t)value;
	*ret_range = range;
	return true;
}

/* The first id behind the range; may be ID_MAX + 1. */
static uint32_t end_of(struct id_range range)
{
	return range.first + range.count;
}

bool id_range_overlaps(struct id_range a, struct id_range b)
{
	return a.first < end_of(b) && b.first < end_of(a);
}

char *id_range_to_string(struct id_range range)
{
	if (range.count == 1)
		return g_strdup_printf("%u", range.first);
	return g_strdup_printf("%u-%u", range.first, end_of(range) - 1);
}

GArray *id_ranges_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct id_range));
}

static void append(GArray *ranges, uint32_t first, uint32_t end)
{
	struct id_range range = {first, end - first};

	if (first < end)
		g_array_append_val(ranges, range);
}

static void replace(GArray *ranges, const GArray *others)
{
	g_array_set_size(ranges, 0);
	if (others->len > 0)
		g_array_append_vals(ranges, others->data, others->len);
}

void id_ranges_remove(GArray *ranges, struct id_range range)
{
	g_autoptr(GArray) rest = id_ranges_new();

	for (guint i = 0; i < ranges->len; i++) {
		struct id_range old = g_array_index(ranges, struct id_range, i);
		if (!id_range_overlaps(old, range)) {
			g_array_append_val(rest, old);
			continue;
		}
		append(rest, old.first, MAX(old.first, range.first));
		append(rest, MIN(end_of(old), end_of(range)), end_of(old));
	}
	replace(ranges, rest);
}

/* The ids of range that are not in ranges, as a new array. */
static GArray *missing_from(const GArray *ranges, struct id_range range)
{
	GArray *missing = id_ranges_new();

	g_array_append_val(missing, range);
	for (guint i = 0; i < ranges->len; i++)
		id_ranges_remove(missing, g_array_index(ranges, struct id_range, i));
	return missing;
}

void id_ranges_add(GArray *ranges, struct id_range range)
{
	g_autoptr(GArray) missing = missing_from(ranges, range);

	if (missing->len > 0)
		g_array_append_vals(ranges, missing->data, missing->len);
}

void id_ranges_clip(GArray *ranges, const GArray *allowed)
{
	g_autoptr(GArray) kept = id_ranges_new();

	for (guint i = 0; i < ranges->len; i++) {
		struct id_range range = g_array_index(ranges, struct id_range, i);
		for (guint j = 0; j < allowed->len; j++) {
			struct id_range window = g_array_index(allowed, struct id_range, j);
			if (id_range_overlaps(range, window))
				append(kept, MAX(range.first, window.first),
				       MIN(end_of(range), end_of(window)));
		}
	}
	replace(ranges, kept);
}

bool id_ranges_cover(const GArray *ranges, struct id_range range)
{
	g_autoptr(GArray) missing = missing_from(ranges, range);

	return missing->len == 0;
}

char *id_ranges_to_string(const GArray *ranges)
{
	GString *text = g_string_new(ranges->len > 0 ? NULL : "none");

	for (guint i = 0; i < ranges->len; i++) {
		struct id_range range = g_array_index(ranges, struct id_range, i);
		while (i + 1 < ranges->len &&
		       g_array_index(ranges, struct id_range, i + 1).first == end_of(range))
			range.count += g_array_index(ranges, struct id_range, ++i).count;
		g_autofree char *word = id_range_to_string(range);
		g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", word);
	}
	return g_string_free(text, FALSE);
}
