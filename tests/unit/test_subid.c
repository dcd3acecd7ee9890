/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_subid - who is granted which ids, by files of our own making */
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "launcher/subid.h"

struct fixture {
	char *folder, *file, *nsswitch, *program;
	struct subid_source source;
};

static const struct subid_owner alice = {.uid = 1000, .name = "alice"};

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->folder = g_dir_make_tmp("test_subid-XXXXXX", NULL);
	g_assert_nonnull(fixture->folder);
	fixture->file = g_build_filename(fixture->folder, "subuid", NULL);
	fixture->nsswitch = g_build_filename(fixture->folder, "nsswitch.conf", NULL);
	fixture->program = g_build_filename(fixture->folder, "getsubids", NULL);
	fixture->source =
		(struct subid_source){fixture->file, fixture->nsswitch, fixture->program, false};
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_unlink(fixture->file);
	g_unlink(fixture->nsswitch);
	g_unlink(fixture->program);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->folder);
	g_free(fixture->file);
	g_free(fixture->nsswitch);
	g_free(fixture->program);
}

static void write_file(const char *path, const char *text)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void assert_granted(const struct fixture *fixture, const struct subid_owner *owner,
			   const char *expected)
{
	g_autoptr(GArray) ranges = subid_find(&fixture->source, owner);
	g_autofree char *text = id_ranges_to_string(ranges);

	g_assert_cmpstr(text, ==, expected);
}

static void test_lines(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	const struct subid_owner nameless = {.uid = 1000};

	write_file(fixture->file, "bob:500000:10\n"
				  "alice:100000:65536\n"
				  "1000:300000:10\n"
				  "alice:400000:1\n"
				  "alice:100000:65536\n"
				  "100:700000:10\n");
	assert_granted(fixture, &alice, "100000-165535, 300000-300009, 400000");
	assert_granted(fixture, &nameless, "300000-300009");
}

static void test_junk(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	write_file(fixture->file, "\n# alice:1:1\nalice\nalice:1\nalice:1:1:1\nalice::5\n"
				  "alice:5:\nalice:-5:5\nalice:5:0\nalice:4294967294:2\n:7:7\n"
				  "alice:0x10:5\nalice:99999999999:1\nalice:800000:5\r\n"
				  "alice :900000:5\nalice:900000:5");
	assert_granted(fixture, &alice, "800000-800004, 900000-900004");
}

static void test_symlink(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *target = g_build_filename(fixture->folder, "elsewhere", NULL);

	write_file(target, "alice:100000:5\n");
	g_assert_cmpint(symlink("elsewhere", fixture->file), ==, 0);
	assert_granted(fixture, &alice, "100000-100004");
	g_unlink(target);
	assert_granted(fixture, &alice, "none");
}

static void make_getsubids(const struct fixture *fixture, const char *script)
{
	write_file(fixture->program, script);
	g_assert_cmpint(g_chmod(fixture->program, 0755), ==, 0);
}

static void test_service(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	make_getsubids(fixture, "#!/bin/sh\n"
				"echo \"0: $* 200000 5\"\n"
				"echo junk; echo '1: alice 300000 5'\n");
	write_file(fixture->nsswitch, "passwd: files\n#subid: sss\n");
	assert_granted(fixture, &alice, "none");
	write_file(fixture->nsswitch, "passwd: files\n subid: sss\n");
	assert_granted(fixture, &alice, "200000-200004, 300000-300004");
	write_file(fixture->file, "alice:100000:5\n");
	assert_granted(fixture, &alice, "100000-100004");
	write_file(fixture->file, "bob:100000:5\n");
	/* Then the line of our script has one word more. */
	fixture->source.groups = true;
	assert_granted(fixture, &alice, "300000-300004");
}

static void test_service_fails(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	write_file(fixture->nsswitch, "subid: sss\n");
	assert_granted(fixture, &alice, "none");
	make_getsubids(fixture, "#!/bin/sh\necho '0: alice 200000 5'\nexit 1\n");
	assert_granted(fixture, &alice, "none");
}

static void test_holder_and_free(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct id_range range = {165530, 10};

	g_assert_cmpuint(subid_free(&fixture->source).first, ==, SUBID_MIN);
	write_file(fixture->file, "bob:165536:65536\nalice:100000:65536\n7:4294900000:60000\n");
	g_autofree char *holder = subid_holder(&fixture->source, &alice, range);
	g_assert_cmpstr(holder, ==, "bob");
	range.count = 6;
	g_assert_null(subid_holder(&fixture->source, &alice, range));
	g_assert_cmpuint(subid_free(&fixture->source).first, ==, 231072);
	g_assert_cmpuint(subid_free(&fixture->source).count, ==, 65536);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(struct fixture *, gconstpointer);
	} tests[] = {
		{"/subid/lines", test_lines},
		{"/subid/junk", test_junk},
		{"/subid/symlink", test_symlink},
		{"/subid/service", test_service},
		{"/subid/service-fails", test_service_fails},
		{"/subid/holder-and-free", test_holder_and_free},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
