/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_detach - the way into the background: who waits, what is said, what stays open */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "launcher/detach.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/unit/descriptors.h"

/* A folder that stands for the state directory, and pipes that stand for the caller's streams. */
struct fixture {
	char *folder;
	int folder_fd;
	int out[2], err[2];
	int kept; /* or -1 */
};

static void fixture_init(struct fixture *f)
{
	f->folder = g_dir_make_tmp("netns-test-XXXXXX", NULL);
	f->folder_fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(f->folder_fd, >=, 0);
	g_assert_cmpint(pipe2(f->out, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(f->err, O_CLOEXEC), ==, 0);
	f->kept = -1;
}

static void fixture_done(struct fixture *f)
{
	close(f->folder_fd);
	close(f->out[0]);
	close(f->err[0]);
	g_assert_cmpint(g_rmdir(f->folder), ==, 0);
	g_free(f->folder);
}

/* Reads until nobody has the pipe open for writing any more. */
static char *read_to_end(int fd)
{
	GString *text = g_string_new(NULL);
	char buffer[256];
	ssize_t size;

	while ((size = read(fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(text, buffer, size);
	return g_string_free(text, FALSE);
}

static void assert_text(int fd, const char *wanted)
{
	g_autofree char *text = read_to_end(fd);

	g_assert_cmpstr(text, ==, wanted);
}

/* Runs launcher() in the background of a process of its own. Returns the wait status of that. */
static int run(struct fixture *f, void (*launcher)(struct fixture *, struct detach *))
{
	int wait_status;

	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct detach detach;
		g_autoptr(GError) error = NULL;
		int status;
		dup2(f->out[1], STDOUT_FILENO);
		dup2(f->err[1], STDERR_FILENO);
		detach_init(&detach);
		const int keep[] = {-1, f->kept, f->folder_fd};
		if (detach_fork(&detach, keep, G_N_ELEMENTS(keep), &status, &error)) {
			launcher(f, &detach);
			_exit(0);
		}
		_exit(error ? 99 : status);
	}
	close(f->out[1]);
	close(f->err[1]);
	g_assert_cmpint(waitpid(pid, &wait_status, 0), ==, pid);
	return wait_status;
}

static void start_and_check(struct fixture *f, struct detach *detach)
{
	int death_signal = 0;

	/* 0 to 2, the folder's, the socket, and the one that lists them. */
	if (getsid(0) != getpid() || descriptors_count() != 6)
		_exit(1);
	if (!detach_redirect(detach, f->folder_fd, NULL, NULL))
		_exit(2);
	g_printerr("warning\n");
	if (write(STDERR_FILENO, "of the command\n", 15) != 15 || printf("out\n") < 0)
		_exit(3);
	fflush(stdout);
	if (!detach_started(detach, "some-name", NULL))
		_exit(4);
	g_printerr("later\n");
	prctl(PR_GET_PDEATHSIG, &death_signal);
	if (death_signal)
		g_printerr("death signal\n");
}

static void test_start(void)
{
	struct fixture f;
	struct stat status;
	g_autofree char *log = NULL;

	fixture_init(&f);
	g_assert_cmpint(run(&f, start_and_check), ==, 0);
	assert_text(f.err[0], "warning\n");
	assert_text(f.out[0], "some-name\n");
	g_autofree char *path = g_build_filename(f.folder, "output.log", NULL);
	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, 0600);
	/* The last line is written behind the back of the caller, who may be gone first. */
	do
		g_clear_pointer(&log, g_free);
	while (g_file_get_contents(path, &log, NULL, NULL) && !strstr(log, "later\n"));
	g_assert_cmpstr(log, ==, "of the command\nout\nlater\n");
	g_assert_cmpint(g_unlink(path), ==, 0);
	fixture_done(&f);
}

static void fail(struct fixture *f, struct detach *detach)
{
	if (detach_redirect(detach, f->folder_fd, NULL, NULL))
		g_printerr("cause\n");
	_exit(126);
}

static void test_failure(void)
{
	struct fixture f;

	fixture_init(&f);
	g_assert_cmpint(WEXITSTATUS(run(&f, fail)), ==, 126);
	assert_text(f.err[0], "cause\n");
	assert_text(f.out[0], "");
	g_assert_cmpint(unlinkat(f.folder_fd, "output.log", 0), ==, 0);
	fixture_done(&f);
}

static void be_killed(struct fixture *f G_GNUC_UNUSED, struct detach *detach G_GNUC_UNUSED)
{
	raise(SIGKILL);
}

static void test_killed(void)
{
	struct fixture f;

	fixture_init(&f);
	g_assert_cmpint(WEXITSTATUS(run(&f, be_killed)), ==, 128 + SIGKILL);
	fixture_done(&f);
}

/* Waits for SIGTERM from the kernel, and tells. */
static void wait_for_death(struct fixture *f G_GNUC_UNUSED, struct detach *detach G_GNUC_UNUSED)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getppid(), SIGKILL);
	if (sigwait(&set, &number) == 0)
		printf("told\n");
	fflush(stdout);
}

static void test_caller_dies(void)
{
	struct fixture f;

	fixture_init(&f);
	g_assert_cmpint(WTERMSIG(run(&f, wait_for_death)), ==, SIGKILL);
	assert_text(f.out[0], "told\n");
	fixture_done(&f);
}

static void write_to_kept(struct fixture *f, struct detach *detach)
{
	if (write(f->kept, "x", 1) != 1 || !detach_started(detach, "n", NULL))
		_exit(1);
}

/* --ready-fd is such a one. */
static void test_keep(void)
{
	struct fixture f;
	int kept[2];

	fixture_init(&f);
	g_assert_cmpint(pipe2(kept, O_CLOEXEC), ==, 0);
	f.kept = kept[1];
	g_assert_cmpint(run(&f, write_to_kept), ==, 0);
	close(kept[1]);
	assert_text(kept[0], "x");
	close(kept[0]);
	fixture_done(&f);
}

static void start_with_log_file(struct fixture *f, struct detach *detach)
{
	g_autofree char *path = g_build_filename(f->folder, "mine", NULL);

	if (!detach_redirect(detach, f->folder_fd, path, NULL))
		_exit(2);
	if (write(STDOUT_FILENO, "more\n", 5) != 5 || !detach_started(detach, "n", NULL))
		_exit(3);
}

static void test_log_file(void)
{
	struct fixture f;
	g_autofree char *text = NULL;

	fixture_init(&f);
	g_autofree char *path = g_build_filename(f.folder, "mine", NULL);
	g_autofree char *link = g_build_filename(f.folder, "output.log", NULL);
	g_assert_true(g_file_set_contents(path, "before\n", -1, NULL));
	g_assert_cmpint(run(&f, start_with_log_file), ==, 0);
	g_assert_true(g_file_get_contents(link, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "before\nmore\n");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_unlink(link), ==, 0);
	fixture_done(&f);
}

static void test_bad_log_file(void)
{
	struct fixture f;
	struct detach detach;
	g_autoptr(GError) error = NULL;

	fixture_init(&f);
	detach_init(&detach);
	g_assert_false(detach_redirect(&detach, f.folder_fd, f.folder, &error));
	g_assert_true(error->domain == FAILURE);
	g_assert_nonnull(strstr(error->message, f.folder));
	g_assert_null(detach.own_stderr);
	detach_done(&detach);
	close(f.out[1]);
	close(f.err[1]);
	fixture_done(&f);
}

/* The middle process dies; the last one has asked to die with it. */
static void test_die_with_parent(void)
{
	int alive[2], wait_status;

	g_assert_cmpint(pipe2(alive, O_CLOEXEC), ==, 0);
	pid_t middle = fork();
	if (middle == 0) {
		pid_t parent = getpid();
		if (fork() == 0) {
			if (detach_die_with_parent(parent, NULL))
				kill(parent, SIGKILL);
			pause();
		}
		pause();
	}
	close(alive[1]);
	g_assert_cmpint(waitpid(middle, &wait_status, 0), ==, middle);
	g_assert_true(WIFSIGNALED(wait_status));
	assert_text(alive[0], "");
	close(alive[0]);
}

static void test_parent_is_gone(void)
{
	g_autoptr(GError) error = NULL;
	int wait_status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(detach_die_with_parent(getppid() + 1, &error) || error->code != ESRCH);
	g_assert_cmpint(waitpid(pid, &wait_status, 0), ==, pid);
	g_assert_cmpint(wait_status, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/detach/start", test_start);
	g_test_add_func("/detach/failure", test_failure);
	g_test_add_func("/detach/killed", test_killed);
	g_test_add_func("/detach/caller-dies", test_caller_dies);
	g_test_add_func("/detach/keep", test_keep);
	g_test_add_func("/detach/log-file", test_log_file);
	g_test_add_func("/detach/bad-log-file", test_bad_log_file);
	g_test_add_func("/detach/die-with-parent", test_die_with_parent);
	g_test_add_func("/detach/parent-is-gone", test_parent_is_gone);
	return g_test_run();
}
