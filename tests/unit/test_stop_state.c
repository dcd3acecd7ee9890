/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stop_state - whether processes stop, or have stopped, for SIGTSTP */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/stop_state.h"

struct subject {
	void (*prepare)(void);
	struct stop_count expected; /* of it alone */
};

static void handle(int number G_GNUC_UNUSED)
{
}

static void leave_default(void)
{
	signal(SIGTSTP, SIG_DFL);
}

static void ignore(void)
{
	signal(SIGTSTP, SIG_IGN);
}

static void catch (void)
{
	signal(SIGTSTP, handle);
}

static void block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void *run_thread(void *unused)
{
	pause();
	return unused;
}

/* The first thread goes, which makes it a zombie in a process that lives. */
static void leave_to_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run_thread, NULL);
}

static const struct subject subjects[] = {
	{leave_default, {.n_seen = 1, .n_stopping = 1}},   {ignore, {.n_seen = 1}},
	{catch, {.n_seen = 1, .n_catching = 1}},	   {block, {.n_seen = 1, .n_catching = 1}},
	{leave_to_thread, {.n_seen = 1, .n_stopping = 1}},
};

static void check_count(pid_t pid, const struct stop_count *expected)
{
	struct stop_count count = {0};

	stop_count_add(&count, pid);
	g_assert_cmpuint(count.n_seen, ==, expected->n_seen);
	g_assert_cmpuint(count.n_stopped, ==, expected->n_stopped);
	g_assert_cmpuint(count.n_stopping, ==, expected->n_stopping);
	g_assert_cmpuint(count.n_catching, ==, expected->n_catching);
	g_assert_cmpint(stop_is_due(pid), ==, expected->n_stopping > 0);
}

static pid_t start(const struct subject *subject)
{
	int ready[2];
	char byte;

	g_assert_cmpint(pipe(ready), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		subject->prepare();
		close(ready[0]);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		if (subject->prepare == leave_to_thread)
			pthread_exit(NULL);
		pause();
		_exit(0);
	}
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	close(ready[0]);
	return pid;
}

static void test_states(gconstpointer opaque)
{
	static const struct stop_count stopped = {.n_seen = 1, .n_stopped = 1}, gone = {0};
	const struct subject *subject = opaque;
	pid_t pid = start(subject);
	siginfo_t info;

	check_count(pid, &subject->expected);
	kill(pid, SIGSTOP);
	g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WSTOPPED), ==, 0);
	check_count(pid, &stopped);
	kill(pid, SIGCONT);
	g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WCONTINUED), ==, 0);
	check_count(pid, &subject->expected);
	kill(pid, SIGKILL);
	g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), ==, 0);
	check_count(pid, &gone);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	check_count(pid, &gone);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"default", "ignored", "caught", "blocked", "thread"};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autofree char *path = g_strdup_printf("/stop_state/%s", names[i]);
		g_test_add_data_func(path, &subjects[i], test_states);
	}
	return g_test_run();
}
