/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_id_range - ranges of ids and the maps that are made of them */
#include <errno.h>
#include <string.h>

#include "launcher/id_extent.h"
#include "src/failure.h"

static void assert_ranges(const GArray *ranges, const char *expected)
{
	g_autofree char *text = id_ranges_to_string(ranges);

	g_assert_cmpstr(text, ==, expected);
}

static void add(GArray *ranges, uint32_t first, uint32_t last)
{
	id_ranges_add(ranges, (struct id_range){first, last - first + 1});
}

static void test_parse(void)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x10", "4294967295", "1e3"};
	struct id_range range;
	uint32_t id = 7;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(id_parse(bad[i], &id));
	g_assert_cmpuint(id, ==, 7);
	g_assert_true(id_parse("4294967294", &id));
	g_assert_cmpuint(id, ==, ID_MAX);
	g_assert_true(id_range_parse("0", "4294967295", &range));
	g_assert_false(id_range_parse("1", "4294967295", &range));
	g_assert_true(id_range_parse("4294967294", "1", &range));
	g_assert_false(id_range_parse("4294967294", "2", &range));
	g_assert_false(id_range_parse("5", "0", &range));
}

static void test_add(void)
{
	g_autoptr(GArray) ranges = id_ranges_new();

	assert_ranges(ranges, "none");
	add(ranges, 100, 199);
	add(ranges, 100, 199);
	assert_ranges(ranges, "100-199");
	add(ranges, 300, 300);
	add(ranges, 50, 310);
	assert_ranges(ranges, "100-199, 300, 50-99, 200-299, 301-310");
}

static void test_remove(void)
{
	g_autoptr(GArray) ranges = id_ranges_new();

	add(ranges, 10, 19);
	add(ranges, 30, 39);
	id_ranges_remove(ranges, (struct id_range){15, 1});
	assert_ranges(ranges, "10-14, 16-19, 30-39");
	id_ranges_remove(ranges, (struct id_range){18, 15});
	assert_ranges(ranges, "10-14, 16-17, 33-39");
	id_ranges_remove(ranges, (struct id_range){0, ID_MAX});
	assert_ranges(ranges, "none");
}

static void test_clip_and_cover(void)
{
	g_autoptr(GArray) ranges = id_ranges_new(), allowed = id_ranges_new();

	add(ranges, 10, 19);
	add(ranges, 20, 29);
	g_assert_true(id_ranges_cover(ranges, (struct id_range){12, 15}));
	g_assert_false(id_ranges_cover(ranges, (struct id_range){29, 2}));
	add(allowed, 0, 12);
	add(allowed, 18, 22);
	id_ranges_clip(ranges, allowed);
	assert_ranges(ranges, "10-12, 18-22");
}

static void test_end(void)
{
	g_autoptr(GArray) ranges = id_ranges_new();

	id_ranges_add(ranges, (struct id_range){0, ID_MAX + 1U});
	id_ranges_remove(ranges, (struct id_range){5, 1});
	assert_ranges(ranges, "0-4, 6-4294967294");
}

static void test_extents_good(void)
{
	struct id_extents extents;
	g_autoptr(GError) error = NULL;

	g_assert_true(id_extents_parse("--uidmap", "0:1000:1,1:100000:65536", &extents, &error));
	g_autofree char *proc = id_extents_to_proc(&extents);
	g_assert_cmpstr(proc, ==, "0 1000 1\n1 100000 65536");
	g_assert_true(id_extents_map(&extents, 0) && id_extents_map(&extents, 65536));
	g_assert_false(id_extents_map(&extents, 65537));
	g_assert_false(id_extents_are_single(&extents));
	g_autoptr(GArray) inside = id_extents_inside(&extents);
	assert_ranges(inside, "0-65536");
}

static void test_extents_bad(void)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{"", "no range"},
		{"0", "'0'"},
		{"0:1000", "'0:1000'"},
		{"0:1000:1:2", "'0:1000:1:2'"},
		{"0:1000:0", "'0:1000:0'"},
		{"0:1000:1,", "''"},
		{"a:1000:1", "'a:1000:1'"},
		{"0:-1:1", "'0:-1:1'"},
		{"0:4294967294:2", "'0:4294967294:2'"},
		{"0:10:5,4:100:1", "0:10:5 and 4:100:1 overlap: both have id 4 of the container"},
		{"0:10:5,5:14:1", "0:10:5 and 5:14:1 overlap: both have id 14 of the host"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct id_extents extents;
		g_autoptr(GError) error = NULL;
		g_assert_false(id_extents_parse("--gidmap", cases[i].text, &extents, &error));
		g_assert_error(error, FAILURE, EINVAL);
		g_assert_nonnull(strstr(error->message, cases[i].part));
		g_assert_true(g_str_has_prefix(error->message, "--gidmap: "));
		g_assert_nonnull(failure_cure(error));
	}
}

/* However many ranges there are, the kernel's limit of a page is kept. */
static void test_extents_many(void)
{
	g_autoptr(GString) text = g_string_new("0:0:1");
	struct id_extents extents;
	g_autoptr(GError) error = NULL;

	for (unsigned i = 1; i < ID_EXTENTS_MAX; i++)
		g_string_append_printf(text, ",%u:%u:1", ID_MAX - i, ID_MAX - i);
	g_assert_true(id_extents_parse("--uidmap", text->str, &extents, NULL));
	g_autofree char *proc = id_extents_to_proc(&extents);
	g_assert_cmpuint(strlen(proc), <, 4096);
	g_string_append(text, ",1:1:1");
	g_assert_false(id_extents_parse("--uidmap", text->str, &extents, &error));
	g_assert_error(error, FAILURE, E2BIG);
}

static void test_extents_proc(void)
{
	static const char *const bad[] = {"", "\n", "0 1", "0 1 x", "0 1 1 1"};
	struct id_extents extents;

	g_assert_true(id_extents_parse_proc("         0       1000          1\n"
					    "         1     100000      65536\n",
					    &extents));
	g_autofree char *text = id_extents_to_proc(&extents);
	g_assert_cmpstr(text, ==, "0 1000 1\n1 100000 65536");
	g_assert_true(id_extents_parse_proc("0 0 4294967295\n", &extents));
	g_assert_true(id_extents_map(&extents, ID_MAX));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(id_extents_parse_proc(bad[i], &extents));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/id-range/parse", test_parse);
	g_test_add_func("/id-range/add", test_add);
	g_test_add_func("/id-range/remove", test_remove);
	g_test_add_func("/id-range/clip-and-cover", test_clip_and_cover);
	g_test_add_func("/id-range/end", test_end);
	g_test_add_func("/id-extent/good", test_extents_good);
	g_test_add_func("/id-extent/bad", test_extents_bad);
	g_test_add_func("/id-extent/many", test_extents_many);
	g_test_add_func("/id-extent/proc", test_extents_proc);
	return g_test_run();
}
