/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_state_dir - the directories of running containers, their locks and races */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/state_dir.h"
#include "src/state_socket.h"

#define N_RACERS 8

struct fixture {
	char *runtime_dir;
	char *base;
};

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->runtime_dir = g_dir_make_tmp("state-dir-XXXXXX", NULL);
	g_assert_nonnull(fixture->runtime_dir);
	fixture->base = g_build_filename(fixture->runtime_dir, "netns-run", NULL);
	g_setenv("XDG_RUNTIME_DIR", fixture->runtime_dir, TRUE);
}

/* Also the proof that nothing is left: rmdir() takes empty directories only. */
static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(rmdir(fixture->base) == 0 || errno == ENOENT);
	g_assert_cmpint(rmdir(fixture->runtime_dir), ==, 0);
	g_free(fixture->base);
	g_free(fixture->runtime_dir);
}

static struct state_dir *create(const char *name)
{
	g_autoptr(GError) error = NULL;
	struct state_dir *dir = state_dir_create(name, &error);

	g_assert_no_error(error);
	return dir;
}

static void assert_listed(const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = state_dir_list(&error);

	g_assert_no_error(error);
	g_autoptr(GString) text = g_string_new(NULL);
	for (unsigned i = 0; i < names->len; i++)
		g_string_append_printf(text, "%s ", (char *)g_ptr_array_index(names, i));
	g_assert_cmpstr(text->str, ==, expected);
}

/* Runs a container that dies without cleaning up. */
static void crash(const char *name)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct state_dir *dir = create(name);
		bool written = state_dir_write(dir, "{\"stale\":true}", NULL);
		bool listens = state_socket_listen(dir, STATE_SOCKET_CONTROL, NULL) >= 0;
		bool nested = mkdirat(state_dir_fd(dir), "logs", 0700) == 0 &&
			      mkdirat(state_dir_fd(dir), "logs/old", 0700) == 0;
		_exit(written && listens && nested ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

static void test_names(void)
{
	static const char *const good[] = {"a", "web", "0", "a.b_c-D", "9-"};
	static const char *const bad[] = {"",	 ".", "..",  "-a", "_a",  "a/b",
					  "a b", "ü", "a\n", ".a", "../a"};
	g_autofree char *longest = g_strnfill(STATE_NAME_MAX, 'a');
	g_autofree char *too_long = g_strnfill(STATE_NAME_MAX + 1, 'a');
	g_autoptr(GError) error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(state_name_check(good[i], NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(state_name_check(bad[i], NULL));
	g_assert_true(state_name_check(longest, NULL));
	g_assert_false(state_name_check(too_long, &error));
	g_assert_nonnull(failure_cure(error));
}

static void test_create(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *dir = create("web");
	g_autofree char *expected = g_build_filename(fixture->base, "web", NULL);
	struct stat status;

	g_assert_cmpstr(state_dir_name(dir), ==, "web");
	g_assert_cmpstr(state_dir_path(dir), ==, expected);
	g_assert_cmpint(stat(fixture->base, &status), ==, 0);
	g_assert_cmphex(status.st_mode & 07777, ==, 0700);
	g_assert_cmpint(fstat(state_dir_fd(dir), &status), ==, 0);
	g_assert_cmphex(status.st_mode & 07777, ==, 0700);
	g_assert_cmpint(fcntl(state_dir_fd(dir), F_GETFD), ==, FD_CLOEXEC);
	assert_listed("web ");
	state_dir_remove(dir);
	assert_listed("");
	g_assert_cmpint(access(expected, F_OK), ==, -1);
	state_dir_remove(NULL);
}

static void test_random_names(struct fixture *fixture G_GNUC_UNUSED,
			      gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *a = create(NULL), *b = create(NULL);

	g_assert_cmpstr(state_dir_name(a), !=, state_dir_name(b));
	g_assert_true(state_name_check(state_dir_name(a), NULL));
	state_dir_remove(a);
	state_dir_remove(b);
}

static void test_in_use(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *dir = create("web");
	g_autoptr(GError) error = NULL;

	g_assert_null(state_dir_create("web", &error));
	g_assert_error(error, FAILURE, EEXIST);
	g_assert_nonnull(failure_cure(error));
	g_clear_error(&error);
	g_assert_null(state_dir_create("../web", &error));
	g_assert_error(error, FAILURE, EINVAL);
	state_dir_remove(dir);
}

static void test_stale(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	crash("web");
	g_assert_null(state_dir_read("web", &error));
	g_assert_error(error, FAILURE, ENOENT);
	g_clear_error(&error);
	g_assert_cmpint(state_socket_connect("web", STATE_SOCKET_CONTROL, &error), ==, -1);
	g_assert_error(error, FAILURE, ENOENT);
	g_clear_error(&error);

	struct state_dir *dir = create("web");
	g_assert_null(state_dir_read("web", &error));
	g_assert_error(error, FAILURE, EAGAIN);
	g_clear_error(&error);
	autoclose int listener = state_socket_listen(dir, STATE_SOCKET_CONTROL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(listener, >=, 0);
	state_dir_remove(dir);
}

static void test_list(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *stale = g_build_filename(fixture->base, "middle", NULL);
	g_autofree char *foreign = g_build_filename(fixture->base, "a-file", NULL);

	assert_listed("");
	struct state_dir *z = create("z"), *a = create("a");
	crash("middle");
	g_assert_true(g_file_set_contents(foreign, "", 0, NULL));
	g_assert_cmpint(access(stale, F_OK), ==, 0);
	assert_listed("a z ");
	g_assert_cmpint(access(stale, F_OK), ==, -1);
	g_assert_cmpint(unlink(foreign), ==, 0);
	state_dir_remove(a);
	assert_listed("z ");
	state_dir_remove(z);
}

static void test_state(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *dir = create("web");
	g_autoptr(GError) error = NULL;
	struct stat status;

	g_assert_true(state_dir_write(dir, "{\"first\":1}", &error));
	g_assert_true(state_dir_write(dir, "{}", &error));
	g_assert_no_error(error);
	g_autofree char *text = state_dir_read("web", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, "{}");
	g_assert_cmpint(fstatat(state_dir_fd(dir), "state.json", &status, 0), ==, 0);
	g_assert_cmphex(status.st_mode & 07777, ==, 0600);
	g_assert_null(state_dir_read("other", &error));
	g_assert_error(error, FAILURE, ENOENT);
	state_dir_remove(dir);
}

static void test_remove_by_fd(struct fixture *fixture G_GNUC_UNUSED,
			      gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *dir = create("web");
	autoclose int fd = open(state_dir_path(dir), O_PATH | O_DIRECTORY | O_CLOEXEC);

	g_assert_true(state_dir_write(dir, "{}", NULL));
	state_dir_remove_fd(fd);
	g_assert_cmpint(access(state_dir_path(dir), F_OK), ==, -1);

	/* What comes late must not hit the successor, neither by fd nor by name. */
	struct state_dir *successor = create("web");
	g_assert_true(state_dir_write(successor, "{}", NULL));
	state_dir_remove_fd(fd);
	state_dir_remove(dir);
	g_autofree char *text = state_dir_read("web", NULL);
	g_assert_cmpstr(text, ==, "{}");
	state_dir_remove(successor);
}

static void assert_refused(const char *word)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(state_dir_create("web", &error));
	if (!strstr(error->message, word))
		g_error("\"%s\" does not tell '%s'", error->message, word);
	g_clear_error(&error);
	g_assert_null(state_dir_list(&error));
	g_assert_nonnull(error);
}

static void test_base_refused(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpint(mkdir(fixture->base, 0700), ==, 0);
	g_assert_cmpint(chmod(fixture->base, 0710), ==, 0);
	assert_refused("open to other users");
	g_assert_cmpint(rmdir(fixture->base), ==, 0);

	g_assert_cmpint(symlink(fixture->runtime_dir, fixture->base), ==, 0);
	assert_refused("open");
	g_assert_cmpint(unlink(fixture->base), ==, 0);
}

static void test_foreign_base(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	if (geteuid() != 0) {
		g_test_skip("only root can give a directory away");
		return;
	}
	g_assert_cmpint(mkdir(fixture->base, 0700), ==, 0);
	g_assert_cmpint(chown(fixture->base, 1, 1), ==, 0);
	assert_refused("belongs to another user");
}

static void assert_fallback(const char *runtime_dir)
{
	g_setenv("XDG_RUNTIME_DIR", runtime_dir, TRUE);
	struct state_dir *dir = create(NULL);
	g_autofree char *expected =
		g_strdup_printf("/tmp/netns-run-%u/%s", (unsigned)geteuid(), state_dir_name(dir));
	g_assert_cmpstr(state_dir_path(dir), ==, expected);
	state_dir_remove(dir);
}

static void test_fallback(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *absent = g_build_filename(fixture->runtime_dir, "absent", NULL);

	assert_fallback("relative");
	assert_fallback(absent);
	g_setenv("XDG_RUNTIME_DIR", fixture->runtime_dir, TRUE);
}

/* Forks a process that waits for start to close, runs body and leaves with its result. */
static pid_t fork_racer(int start[2], int (*body)(int index), int index)
{
	pid_t pid = fork();
	char byte;

	if (pid != 0)
		return pid;
	close(start[1]);
	_exit(read(start[0], &byte, 1) == 0 ? body(index) : 100);
}

/* Lets the bodies run at once; returns the sum of their results. */
static int race(int (*body)(int index))
{
	int start[2], sum = 0;
	pid_t pids[N_RACERS];

	g_assert_cmpint(pipe2(start, O_CLOEXEC), ==, 0);
	for (int i = 0; i < N_RACERS; i++)
		pids[i] = fork_racer(start, body, i);
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < N_RACERS; i++) {
		int status = 0;
		g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
		g_assert_true(WIFEXITED(status));
		sum += WEXITSTATUS(status);
	}
	return sum;
}

/* Takes the name again and again; mkdir() in the directory shows a second owner. */
static int take_shared_name(int index G_GNUC_UNUSED)
{
	for (unsigned i = 0; i < 50; i++) {
		g_autoptr(GError) error = NULL;
		struct state_dir *dir = state_dir_create("race", &error);
		if (!dir && error->code != EEXIST)
			return 1;
		if (!dir)
			continue;
		if (mkdirat(state_dir_fd(dir), "owner", 0700) < 0 || sched_yield() < 0 ||
		    unlinkat(state_dir_fd(dir), "owner", AT_REMOVEDIR) < 0)
			return 1;
		state_dir_remove(dir);
	}
	return 0;
}

static void test_race_for_name(struct fixture *fixture G_GNUC_UNUSED,
			       gconstpointer data G_GNUC_UNUSED)
{
	crash("race");
	g_assert_cmpint(race(take_shared_name), ==, 0);
	assert_listed("");
}

static int try_to_take(int index G_GNUC_UNUSED)
{
	return state_dir_create("race", NULL) ? 1 : 0;
}

static void test_race_with_holder(struct fixture *fixture G_GNUC_UNUSED,
				  gconstpointer data G_GNUC_UNUSED)
{
	struct state_dir *holder = create("race");

	g_assert_cmpint(race(try_to_take), ==, 0);
	state_dir_remove(holder);
}

/* Listing while others start and end must neither lose nor remove a container. */
static int list_or_create(int index)
{
	for (unsigned i = 0; i < 50; i++) {
		if (index % 2) {
			g_autoptr(GPtrArray) names = state_dir_list(NULL);
			if (!names)
				return 1;
			continue;
		}
		struct state_dir *dir = state_dir_create(NULL, NULL);
		if (!dir || !state_dir_write(dir, "{}", NULL))
			return 1;
		g_autofree char *text = state_dir_read(state_dir_name(dir), NULL);
		if (!text || access(state_dir_path(dir), F_OK) < 0)
			return 1;
		state_dir_remove(dir);
	}
	return 0;
}

static void test_race_with_list(struct fixture *fixture G_GNUC_UNUSED,
				gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpint(race(list_or_create), ==, 0);
	assert_listed("");
}

static void add(const char *path, void (*test)(struct fixture *, gconstpointer))
{
	g_test_add(path, struct fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/state-dir/names", test_names);
	add("/state-dir/create", test_create);
	add("/state-dir/random-names", test_random_names);
	add("/state-dir/in-use", test_in_use);
	add("/state-dir/stale", test_stale);
	add("/state-dir/list", test_list);
	add("/state-dir/state", test_state);
	add("/state-dir/remove-by-fd", test_remove_by_fd);
	add("/state-dir/base-refused", test_base_refused);
	add("/state-dir/foreign-base", test_foreign_base);
	add("/state-dir/fallback", test_fallback);
	add("/state-dir/race-for-name", test_race_for_name);
	add("/state-dir/race-with-holder", test_race_with_holder);
	add("/state-dir/race-with-list", test_race_with_list);
	return g_test_run();
}
