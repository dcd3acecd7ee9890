/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_environment - variables: their syntax, files of them, and who wins */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "launcher/environment.h"
#include "src/failure.h"

static GPtrArray *new_entries(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

static void assert_entries(const GPtrArray *entries, const char *joined)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < entries->len; i++)
		g_string_append_printf(text, "%s%s", i ? "|" : "",
				       (const char *)g_ptr_array_index(entries, i));
	g_assert_cmpstr(text->str, ==, joined);
}

static void test_add(void)
{
	g_autoptr(GPtrArray) entries = new_entries();

	g_setenv("NETNS_TEST_SET", "of the caller", TRUE);
	g_unsetenv("NETNS_TEST_UNSET");
	g_assert_true(environment_add(entries, "A=1", NULL));
	g_assert_true(environment_add(entries, "EMPTY=", NULL));
	g_assert_true(environment_add(entries, "EQUALS=a=b c", NULL));
	g_assert_true(environment_add(entries, "NETNS_TEST_SET", NULL));
	g_assert_true(environment_add(entries, "NETNS_TEST_UNSET", NULL));
	assert_entries(entries, "A=1|EMPTY=|EQUALS=a=b c|NETNS_TEST_SET=of the caller");
}

static void assert_refused(const char *text, int errnum, const char *names)
{
	g_autoptr(GPtrArray) entries = new_entries();
	g_autoptr(GError) error = NULL;

	g_assert_false(environment_add(entries, text, &error));
	g_assert_error(error, FAILURE, errnum);
	g_assert_nonnull(strstr(error->message, names));
	g_assert_nonnull(failure_cure(error));
	g_assert_cmpuint(entries->len, ==, 0);
}

static void test_add_bad(void)
{
	g_autofree char *most = g_strnfill(ENVIRONMENT_VARIABLE_MAX, 'x');
	g_autofree char *more = g_strconcat(most, "=", NULL);
	g_autoptr(GPtrArray) entries = new_entries();

	assert_refused("", EINVAL, "''");
	assert_refused("=value", EINVAL, "'=value'");
	assert_refused(more, E2BIG, "xxx");
	most[1] = '=';
	g_assert_true(environment_add(entries, most, NULL));
}

static const struct {
	const char *text, *entries;
} files[] = {
	{"", ""},
	{"A=1", "A=1"},
	{"A=1\n", "A=1"},
	{"A=1\r\nB=2\r\n", "A=1|B=2"},
	{"\n \t\n# comment = 1\n  # too\nA=1\n", "A=1"},
	{" \tA=1", "A=1"},
	{"A= 1 # all of it \n", "A= 1 # all of it "},
	{"A='1'\nB=\"2\"", "A='1'|B=\"2\""},
	{"A=1\nA=2", "A=1|A=2"},
	{"A==", "A=="},
	{"NETNS_TEST_SET\nNETNS_TEST_UNSET", "NETNS_TEST_SET=of the caller"},
	{"\xef\xbb\xbf"
	 "A=1",
	 "A=1"},
	{"\xc3\xbc=\xc3\xbc", "\xc3\xbc=\xc3\xbc"},
};

static void test_text(void)
{
	g_setenv("NETNS_TEST_SET", "of the caller", TRUE);
	g_unsetenv("NETNS_TEST_UNSET");
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GPtrArray) entries = new_entries();
		g_autoptr(GError) error = NULL;

		g_assert_true(environment_add_text(entries, "f", files[i].text,
						   strlen(files[i].text), &error));
		g_assert_no_error(error);
		assert_entries(entries, files[i].entries);
	}
}

static void assert_bad_text(const char *text, size_t size, const char *place)
{
	g_autoptr(GPtrArray) entries = new_entries();
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(entries, g_strdup("BEFORE=1"));
	g_assert_false(environment_add_text(entries, "some/file", text, size, &error));
	g_assert_true(error->domain == FAILURE);
	g_assert_true(g_str_has_prefix(error->message, place));
	g_assert_nonnull(failure_cure(error));
	assert_entries(entries, "BEFORE=1");
}

static void test_bad_text(void)
{
	assert_bad_text("=1", 2, "some/file:1: ");
	assert_bad_text("A=1\n\n=2", 7, "some/file:3: ");
	assert_bad_text("A=1\nexport B=2\n", 15, "some/file:2: ");
	assert_bad_text("A=1\nB =2\n", 9, "some/file:2: ");
	assert_bad_text("two words", 9, "some/file:1: ");
	assert_bad_text("A=\0", 3, "some/file:1: ");
	assert_bad_text("A=1\n#\0\n", 7, "some/file:2: ");
}

static char *make_folder(void)
{
	char *folder = g_dir_make_tmp("netns-test-XXXXXX", NULL);

	g_assert_nonnull(folder);
	return folder;
}

static void test_file(void)
{
	g_autofree char *folder = make_folder();
	g_autofree char *path = g_build_filename(folder, "env", NULL);
	g_autoptr(GPtrArray) entries = new_entries();
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(path, "A=1\nB=2\n", -1, NULL));
	g_assert_true(environment_add_file(entries, path, &error));
	g_assert_no_error(error);
	assert_entries(entries, "A=1|B=2");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_pipe(void)
{
	g_autoptr(GPtrArray) entries = new_entries();
	g_autoptr(GError) error = NULL;
	int ends[2];

	g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", ends[0]);
	g_assert_cmpint(write(ends[1], "A=1", 3), ==, 3);
	close(ends[1]);
	g_assert_true(environment_add_file(entries, path, &error));
	g_assert_no_error(error);
	assert_entries(entries, "A=1");
	close(ends[0]);
}

static void assert_bad_file(const char *path, int errnum)
{
	g_autoptr(GPtrArray) entries = new_entries();
	g_autoptr(GError) error = NULL;

	g_assert_false(environment_add_file(entries, path, &error));
	g_assert_error(error, FAILURE, errnum);
	g_assert_nonnull(strstr(error->message, path));
	g_assert_cmpuint(entries->len, ==, 0);
}

static void test_bad_files(void)
{
	g_autofree char *folder = make_folder();
	g_autofree char *path = g_build_filename(folder, "large", NULL);
	g_autofree char *large = g_strnfill(ENVIRONMENT_FILE_MAX + 1, '\n');
	g_autoptr(GPtrArray) entries = new_entries();

	assert_bad_file("/nonexistent/env", ENOENT);
	assert_bad_file(folder, EINVAL);
	assert_bad_file("/dev/zero", EINVAL);
	g_assert_true(g_file_set_contents(path, large, -1, NULL));
	assert_bad_file(path, EFBIG);
	g_assert_true(g_file_set_contents(path, large, ENVIRONMENT_FILE_MAX, NULL));
	g_assert_true(environment_add_file(entries, path, NULL));
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static const char *const caller[] = {"HOME=/home/me", "PATH=/bin",	 "TERM=vt100", "=odd",
				     "odd",	      "container=outer", NULL};

static void assert_environment(char **environment, const char *joined)
{
	g_autofree char *text = g_strjoinv("|", environment);

	g_assert_cmpstr(text, ==, joined);
	g_strfreev(environment);
}

/* By plan, with files A=f B=f B=g and variables A=v C=v. */
static char **make(bool clear, bool keep_home, bool has_terminal)
{
	static const char text[] = "A=f\nB=f\nB=g\n";
	g_autoptr(GPtrArray) of_files = new_entries();
	g_autoptr(GPtrArray) variables = new_entries();
	const struct environment_plan plan = {
		.caller = (char *const *)caller,
		.clear = clear,
		.keep_home = keep_home,
		.has_terminal = has_terminal,
		.files = of_files,
		.variables = variables,
	};

	g_assert_true(environment_add_text(of_files, "f", text, strlen(text), NULL));
	g_assert_true(environment_add(variables, "A=v", NULL));
	g_assert_true(environment_add(variables, "C=v", NULL));
	return environment_make(&plan);
}

static void test_make(void)
{
	assert_environment(make(false, true, false), "HOME=/home/me|PATH=/bin|TERM=vt100|"
						     "container=netns-run|A=v|B=g|C=v");
	assert_environment(make(false, false, true),
			   "PATH=/bin|TERM=vt100|container=netns-run|A=v|B=g|C=v");
	assert_environment(make(true, true, false), "container=netns-run|A=v|B=g|C=v");
	assert_environment(make(true, false, true), "TERM=vt100|container=netns-run|A=v|B=g|C=v");
}

static void test_complete(void)
{
	const char *const full[] = {"PATH=", "HOME=/x", "TERM=t", NULL};
	char **none = g_new0(char *, 1);

	assert_environment(environment_complete(g_strdupv((char **)full), "/root", true),
			   "PATH=|HOME=/x|TERM=t");
	char **environment = environment_complete(none, "/root", true);
	g_assert_cmpstr(g_environ_getenv(environment, "HOME"), ==, "/root");
	g_assert_cmpstr(g_environ_getenv(environment, "TERM"), ==, "xterm");
	g_assert_nonnull(strstr(g_environ_getenv(environment, "PATH"), "/usr/bin"));
	g_strfreev(environment);
	environment = environment_complete(g_new0(char *, 1), NULL, false);
	g_assert_cmpstr(g_environ_getenv(environment, "HOME"), ==, "/");
	g_assert_null(g_environ_getenv(environment, "TERM"));
	g_strfreev(environment);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/environment/add", test_add);
	g_test_add_func("/environment/add-bad", test_add_bad);
	g_test_add_func("/environment/text", test_text);
	g_test_add_func("/environment/bad-text", test_bad_text);
	g_test_add_func("/environment/file", test_file);
	g_test_add_func("/environment/pipe", test_pipe);
	g_test_add_func("/environment/bad-files", test_bad_files);
	g_test_add_func("/environment/make", test_make);
	g_test_add_func("/environment/complete", test_complete);
	return g_test_run();
}
