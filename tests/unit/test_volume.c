/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_volume - --volume and --tmpfs as texts: right, wrong, and in order */
#include <string.h>
#include <sys/mount.h>

#include <glib.h>

#include "launcher/volume.h"
#include "src/failure.h"

typedef struct volume *(*parse_function)(const char *text, GError **error);

static struct volume *parse_good(parse_function parse, const char *text)
{
	g_autoptr(GError) error = NULL;
	struct volume *volume = parse(text, &error);

	g_assert_no_error(error);
	g_assert_nonnull(volume);
	return volume;
}

static void assert_volume(const char *text, const char *source, const char *target,
			  uint64_t attributes)
{
	struct volume *volume = parse_good(volume_parse, text);

	g_autofree char *cwd = g_get_current_dir();
	g_autofree char *absolute =
		g_path_is_absolute(source) ? g_strdup(source) : g_build_filename(cwd, source, NULL);

	g_assert_cmpstr(volume->source, ==, absolute);
	g_assert_cmpstr(volume->target, ==, target);
	g_assert_cmphex(volume->attributes, ==, attributes);
	volume_free(volume);
}

static void test_volumes(void)
{
	assert_volume("/a:/b", "/a", "/b", 0);
	assert_volume("./a b:/b c", "./a b", "/b c", 0);
	assert_volume("a:/b:rw", "a", "/b", 0);
	assert_volume("a:/b:ro", "a", "/b", MOUNT_ATTR_RDONLY);
	assert_volume("a:/b:ro,rw", "a", "/b", 0);
	assert_volume("a:/b:ro,nosuid,nodev,noexec,rbind,rprivate", "a", "/b",
		      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	assert_volume("a://b//c/", "a", "/b/c", 0);
	assert_volume("a:/b/../c/./d", "a", "/c/d", 0);
	assert_volume("a:/../../etc", "a", "/etc", 0);
	assert_volume("a:/processes", "a", "/processes", 0);
}

static void assert_bad(parse_function parse, const char *text, const char *cause)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(parse(text, &error));
	g_assert_nonnull(error);
	if (!strstr(error->message, cause))
		g_error("'%s' gives '%s'", text, error->message);
	g_assert_nonnull(failure_cure(error));
}

static void test_bad_volumes(void)
{
	static const char *const table[][2] = {
		{"", "too few parts"},
		{"/a", "too few parts"},
		{"/a:/b:ro:x", "too many"},
		{"C:/a:/b:ro", "too many"},
		{":/b", "no source"},
		{"/a:", "no absolute path"},
		{"/a:b", "no absolute path"},
		{"/a:/", "root directory"},
		{"/a:/b/..", "root directory"},
		{"/a:/proc", "/proc"},
		{"/a:/x/../proc/sys", "/proc"},
		{"/a:/b:z", "not relabelled"},
		{"/a:/b:ro,Z", "not relabelled"},
		{"/a:/b:U", "keep their owners"},
		{"/a:/b:O", "--disposable"},
		{"/a:/b:shared", "crosses the border"},
		{"/a:/b:", "option ''"},
		{"/a:/b:ro,,rw", "option ''"},
		{"/a:/b:RO", "option 'RO'"},
		{"/a:/b:size=1m", "option 'size=1m'"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		assert_bad(volume_parse, table[i][0], table[i][1]);
}

static void assert_tmpfs(const char *text, uint64_t attributes, const char *options)
{
	struct volume *volume = parse_good(volume_parse_tmpfs, text);
	g_autofree char *joined = g_strjoinv(" ", (char **)volume->options->pdata);

	g_assert_null(volume->source);
	g_assert_cmpstr(volume->target, ==, "/t");
	g_assert_cmphex(volume->attributes, ==, attributes);
	g_assert_cmpstr(joined, ==, options);
	volume_free(volume);
}

static void test_tmpfs(void)
{
	const uint64_t usual = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

	assert_tmpfs("/t", usual, "");
	assert_tmpfs("/t/", usual, "");
	assert_tmpfs("/t:rw", usual, "");
	assert_tmpfs("/t:ro", usual | MOUNT_ATTR_RDONLY, "");
	assert_tmpfs("/t:exec,suid,dev", 0, "");
	assert_tmpfs("/t:size=64m,mode=0700", usual, "size 64m mode 0700");
	assert_tmpfs("/t:size=10%,uid=0,gid=5,nr_inodes=1k,nr_blocks=9", usual,
		     "size 10% uid 0 gid 5 nr_inodes 1k nr_blocks 9");
}

static void test_bad_tmpfs(void)
{
	static const char *const table[][2] = {
		{"", "no absolute path"},      {"t", "no absolute path"},
		{"/", "root directory"},       {"/proc/x", "/proc"},
		{"/t:", "option ''"},	       {"/t:size", "no value of size"},
		{"/t:size=", "no value"},      {"/t:size=abc", "no value"},
		{"/t:size=1mm", "no value"},   {"/t:size=-1", "no value"},
		{"/t:mode=9", "no value"},     {"/t:mode=0700k", "no value"},
		{"/t:uid=root", "no value"},   {"/t:huge=always", "option 'huge=always'"},
		{"/t:z", "option 'z'"},	       {"/t:size=1111111111111111111m", "no value"},
		{"/t:size=1m:ro", "no value"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		assert_bad(volume_parse_tmpfs, table[i][0], table[i][1]);
}

static void test_order(void)
{
	static const char *const texts[] = {"/a-b", "/a/b/c", "/b", "/a/b", "/a", "/a.b/c"};
	static const char *const sorted[] = {"/a", "/a/b", "/a/b/c", "/a-b", "/a.b/c", "/b"};
	g_autoptr(GPtrArray) volumes = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_ptr_array_add(volumes, parse_good(volume_parse_tmpfs, texts[i]));
	g_ptr_array_sort(volumes, volume_compare);
	for (size_t i = 0; i < G_N_ELEMENTS(sorted); i++) {
		struct volume *volume = volumes->pdata[i];

		g_assert_cmpstr(volume->target, ==, sorted[i]);
		volume_free(volume);
	}
}

static void test_below(void)
{
	g_assert_true(volume_path_is_below("/a", "/a"));
	g_assert_true(volume_path_is_below("/a/b", "/a"));
	g_assert_false(volume_path_is_below("/ab", "/a"));
	g_assert_false(volume_path_is_below("/", "/a"));
}

static void assert_source(const char *text, const char *cause)
{
	struct volume *volume = parse_good(volume_parse, text);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(volume_check(volume, &error), ==, !cause);
	if (cause) {
		g_assert_nonnull(strstr(error->message, cause));
		g_assert_nonnull(failure_cure(error));
	}
	volume_free(volume);
}

static void test_sources(void)
{
	assert_source("/:/b", NULL);
	assert_source(".:/b", NULL);
	assert_source("/dev/null:/b", NULL);
	assert_source("/no/such/directory:/b", "source '/no/such/directory': No such file");
	assert_source("/dev/null/x:/b", "Not a directory");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/volume/good", test_volumes);
	g_test_add_func("/volume/bad", test_bad_volumes);
	g_test_add_func("/volume/tmpfs", test_tmpfs);
	g_test_add_func("/volume/bad-tmpfs", test_bad_tmpfs);
	g_test_add_func("/volume/order", test_order);
	g_test_add_func("/volume/below", test_below);
	g_test_add_func("/volume/sources", test_sources);
	return g_test_run();
}
