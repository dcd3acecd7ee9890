/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ctl_processes - what netns-ctl reads of /proc */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/ctl/container_process.h"
#include "src/ctl/proc_file.h"
#include "src/ctl/process_list.h"
#include "src/failure.h"
#include "tests/unit/ctl_fixture.h"

#define STATUS                                                                                     \
	"Name:\tNSpid:\\n\nUmask:\t0022\nUid:\t100\t101\t100\t100\nNSpid:\t4000\t17\t3\n"          \
	"VmRSS:\t    2048 kB\n"
#define STAT "4000 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0\n"

static bool parse(const struct process_texts *texts, struct process_entry *ret_entry)
{
	struct process_texts complete = {
		.status = texts->status ? texts->status : STATUS,
		.stat = texts->stat ? texts->stat : STAT,
		.cmdline = texts->cmdline ? texts->cmdline : "",
		.uid_map = texts->uid_map ? texts->uid_map : "",
		.cmdline_size = texts->cmdline_size,
		.depth = texts->depth,
	};

	return process_entry_parse(&complete, ret_entry);
}

static void test_entry(void)
{
	struct process_texts texts = {.depth = 1,
				      .uid_map = "0 1000 1\n1 100 50\n",
				      .cmdline = "sh\0-c\0a b",
				      .cmdline_size = 9};
	struct process_entry entry;

	g_assert_true(parse(&texts, &entry));
	g_assert_cmpint(entry.host_pid, ==, 4000);
	g_assert_cmpint(entry.pid, ==, 17);
	g_assert_cmpint(entry.user, ==, 2);
	g_assert_cmpint(entry.state, ==, 'S');
	g_assert_cmpfloat_with_epsilon(entry.seconds, 200.0 / (double)sysconf(_SC_CLK_TCK), 1e-9);
	g_assert_cmpint(entry.rss, ==, 2048 * 1024);
	g_autofree char *command = g_strjoinv("|", entry.command);
	g_assert_cmpstr(command, ==, "sh|-c|a b");
	process_entry_clear(&entry);
}

static void test_entry_bare(void)
{
	struct process_texts texts = {
		.depth = 2,
		.uid_map = "0 1000 1\n",
		.status = "Uid:\t7\t7\t7\t7\nNSpid:\t1\t2\t3\n",
	};
	struct process_entry entry;

	g_assert_true(parse(&texts, &entry));
	g_assert_cmpint(entry.pid, ==, 3);
	g_assert_cmpint(entry.user, ==, -1);
	g_assert_cmpint(entry.rss, ==, 0);
	g_assert_cmpstr(entry.command[0], ==, "[a) b]");
	g_assert_null(entry.command[1]);
	process_entry_clear(&entry);
}

static void test_entry_refuses(void)
{
	static const struct process_texts bad[] = {
		{.depth = 3},
		{.status = ""},
		{.status = "NSpid:\t1\t2\n"},
		{.status = "NSpid:\t1\t2\nUid:\t1\n"},
		{.stat = ""},
		{.stat = "1 (a"},
		{.stat = "1 (a)"},
		{.stat = "1 (a) S 1 2 3"},
	};
	struct process_entry entry;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(parse(&bad[i], &entry));
}

static void test_proc_file(void)
{
	autoclose int self = proc_file_open_process(getpid(), NULL);
	g_autofree char *status = proc_file_read(self, "status", NULL);
	g_auto(GStrv) pid = proc_file_status_line(status, "Pid");
	g_autofree char *expected = g_strdup_printf("%d", getpid());
	gsize size = 0;
	g_autofree char *cmdline = proc_file_read(self, "cmdline", &size);

	g_assert_cmpstr(pid[0], ==, expected);
	g_assert_null(proc_file_status_line(status, "Pi"));
	g_assert_cmpint(size, >, strlen(cmdline));
	g_assert_null(proc_file_read(self, "nosuch", NULL));
}

/* Once reaped, its number says nothing any more. */
static void test_proc_file_of_dead(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	autoclose int process = proc_file_open_process(pid, NULL);
	kill(pid, SIGKILL);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	g_assert_null(proc_file_read(process, "status", NULL));
}

/* What state.json names is no process of a container. */
static void test_container_process_refuses(void)
{
	const struct {
		int launcher, child, code;
	} cases[] = {
		{getppid(), getpid(), EAGAIN}, /* its child, but in our own PID namespace */
		{getpid(), 1, EAGAIN},
		{getpid(), 0, EAGAIN},
		{0, getpid(), EAGAIN},
	};
	struct ctl_fixture fixture;

	ctl_fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *state =
			g_strdup_printf("{\"pid\":%d,\"child_pid\":%d,\"command\":[\"x\"]}",
					cases[i].launcher, cases[i].child);
		g_assert_true(state_dir_write(fixture.dir, state, NULL));
		g_assert_null(container_process_open("web", &error));
		g_assert_error(error, FAILURE, cases[i].code);
	}
	g_assert_null(container_process_open("other", NULL));
	ctl_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctl-processes/entry", test_entry);
	g_test_add_func("/ctl-processes/entry-bare", test_entry_bare);
	g_test_add_func("/ctl-processes/entry-refuses", test_entry_refuses);
	g_test_add_func("/ctl-processes/proc-file", test_proc_file);
	g_test_add_func("/ctl-processes/proc-file-of-dead", test_proc_file_of_dead);
	g_test_add_func("/ctl-processes/container-process-refuses", test_container_process_refuses);
	return g_test_run();
}
