/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job_control - stops the launcher when CMD has stopped, on the terminal that they share */
#include "launcher/job_control.h"

#include <signal.h>
#include <unistd.h>

#include "launcher/process_tree.h"
#include "launcher/stop_state.h"

/* Between two looks at the processes, in milliseconds. Mostly they have stopped at the second. */
#define FIRST_LOOK_MS	1
#define LONGEST_LOOK_MS 50
/* So long we wait for one that must stop and does not: it is frozen, or waits for a disk. */
#define STUCK_US (1 * G_USEC_PER_SEC)
/* And so long for one that catches the signal and may stop itself, when it has tidied up. */
#define CATCHING_US (10 * G_USEC_PER_SEC)

enum verdict { WAIT, STOP, GO_ON };

/* With --init=off: the kernel gives PID 1 no default action for SIGTSTP. */
static bool command_is_init(const struct container *container)
{
	return container->exec_server > 0 && container->command == container->child;
}

/* Our own PID 1 is none of those: it blocks all signals, and stops for none. */
static struct stop_count count_processes(const struct job_control *job)
{
	const struct container *container = job->container;
	struct stop_count count = {0};
	g_autoptr(GArray) pids = process_tree_list(&container->child, 1);

	for (guint i = 0; i < pids->len; i++) {
		pid_t pid = g_array_index(pids, pid_t, i);
		bool is_our_init = pid == container->child && !command_is_init(container);
		bool has_got_it =
			job->is_passed_on ? pid == container->command : getpgid(pid) == getpgrp();
		if (has_got_it && !is_our_init)
			stop_count_add(&count, pid);
	}
	return count;
}

static enum verdict judge(const struct stop_count *count, gint64 elapsed)
{
	/* They end just now, or we cannot look. */
	if (count->n_seen == 0)
		return elapsed >= STUCK_US ? STOP : WAIT;
	if (count->n_stopping == 0 && count->n_catching == 0)
		return count->n_stopped > 0 ? STOP : GO_ON;
	if (elapsed >= STUCK_US && (count->n_stopping > 0 || count->n_stopped > 0))
		return STOP;
	return elapsed >= CATCHING_US ? GO_ON : WAIT;
}

static bool is_continued(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGCONT) == 1;
}

/* By the signal itself: the kernel knows when nobody could continue us. */
static void stop_here(const struct container *container)
{
	sigset_t set;

	/* Sent now it would take SIGCONT away. */
	if (is_continued())
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* If we did not stop, nobody else continues what we have stopped. */
	if (command_is_init(container))
		kill(container->child, SIGCONT);
}

static gboolean on_look(gpointer opaque);

static void look_later(struct job_control *job)
{
	job->timer = g_timeout_add(job->interval, on_look, job);
	job->interval = MIN(job->interval * 2, LONGEST_LOOK_MS);
}

static gboolean on_look(gpointer opaque)
{
	struct job_control *job = opaque;
	const struct container *container = job->container;
	struct stop_count count = count_processes(job);
	enum verdict verdict = judge(&count, g_get_monotonic_time() - job->since);

	job->timer = 0;
	if (verdict == WAIT)
		look_later(job);
	if (verdict == STOP)
		stop_here(container);
	return G_SOURCE_REMOVE;
}

void job_control_stop(struct job_control *job, bool is_passed_on)
{
	const struct container *container = job->container;

	job_control_cancel(job);
	job->is_passed_on = is_passed_on;
	job->since = g_get_monotonic_time();
	job->interval = FIRST_LOOK_MS;
	if (command_is_init(container) && stop_is_due(container->child))
		kill(container->child, SIGSTOP);
	else if (is_passed_on)
		kill(container->child, SIGTSTP);
	look_later(job);
}

void job_control_cancel(struct job_control *job)
{
	g_clear_handle_id(&job->timer, g_source_remove);
}

bool job_control_is_inside(const struct job_control *job, pid_t pid)
{
	g_autoptr(GArray) pids = process_tree_list(&job->container->child, 1);

	for (guint i = 0; i < pids->len; i++) {
		if (g_array_index(pids, pid_t, i) == pid)
			return true;
	}
	return false;
}
