/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor - waits for the container's end, forwards signals, notices deaths */
#include "launcher/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/status.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"

#define STATUS_FAILURE 125

/*
 * Everything that a process may want to handle. Not: faults of our own, and job control, where the
 * calling shell gets its terminal back when the launcher stops (SIGTSTP: launcher/job_control.h).
 */
static const int forwarded_signals[] = {
	SIGHUP,	 SIGINT, SIGQUIT, SIGTERM,  SIGUSR1, SIGUSR2, SIGALRM,
	SIGCONT, SIGURG, SIGPIPE, SIGWINCH, SIGIO,   SIGPWR,  SIGVTALRM,
};

bool supervisor_init(struct supervisor *supervisor, bool has_relay, GError **error)
{
	sigset_t set;

	if (!fd_source_context_prepare_default(error))
		return false;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < G_N_ELEMENTS(forwarded_signals); i++)
		sigaddset(&set, forwarded_signals[i]);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		sigaddset(&set, number);
	if (has_relay)
		tty_relay_add_signals(&set);
	sigaddset(&set, SIGTSTP);
	supervisor->has_relay = has_relay;
	sigprocmask(SIG_BLOCK, &set, NULL);
	supervisor->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (supervisor->signal_fd < 0)
		return failure_errno(error, "signalfd");
	return true;
}

void supervisor_done(struct supervisor *supervisor)
{
	job_control_cancel(&supervisor->job);
	close_fd(&supervisor->signal_fd);
}

static void explain_death(const char *what, int wait_status, GError **error)
{
	g_autofree char *death = status_explain(wait_status);

	failure_set(error, 0, NULL, "%s %s", what, death);
}

/* True when the supervision is over. */
static bool take_child(struct container *container, struct keeper *keeper, int *ret_status,
		       GError **error)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (pid == container->exec_server) {
			container->exec_server = 0;
			continue;
		}
		if (pid == container->child) {
			container->child = 0;
			*ret_status = status_to_exit(wait_status);
			return true;
		}
		if (keeper_take_death(keeper, pid, wait_status))
			continue;
		if (pid == container->gateway) {
			container->gateway = 0;
			*ret_status = STATUS_FAILURE;
			explain_death("the namespace agent", wait_status, error);
			return true;
		}
	}
	return false;
}

/* The terminal sends its signals to the whole foreground group: CMD has got those already. */
static bool is_from_terminal(const struct signalfd_siginfo *info)
{
	return info->ssi_code == SI_KERNEL;
}

/* SIGPIPE, for what we print where nobody reads. */
static bool is_from_us(const struct signalfd_siginfo *info)
{
	return info->ssi_pid == (uint32_t)getpid();
}

void supervisor_catch_up(struct supervisor *supervisor, const struct container *container)
{
	const struct timespec at_once = {0};
	sigset_t missed;
	int number;

	supervisor->job.container = container;
	sigemptyset(&missed);
	if (!supervisor->has_relay)
		sigaddset(&missed, SIGTSTP);
	for (size_t i = 0; i < G_N_ELEMENTS(forwarded_signals); i++)
		sigaddset(&missed, forwarded_signals[i]);
	while ((number = sigtimedwait(&missed, NULL, &at_once)) > 0) {
		if (number == SIGTSTP)
			job_control_stop(&supervisor->job, true);
		else
			kill(container->child, number);
	}
}

struct supervision {
	struct supervisor *supervisor;
	struct container *container;
	struct keeper *keeper;
	int *ret_status;
	GError *failure;
	bool over;	  /* the container has ended, or what it needs */
	bool relay_ended; /* and its last output is out */
};

static bool is_about_terminal(const struct signalfd_siginfo *info)
{
	return info->ssi_signo == SIGWINCH || info->ssi_signo == SIGTSTP;
}

static bool is_for_command(const struct supervisor *supervisor, const struct signalfd_siginfo *info)
{
	if (is_from_us(info))
		return false;
	/* Job control has passed it on. */
	if (info->ssi_signo == SIGTSTP)
		return false;
	/* On a terminal of its own it gets nothing from ours; its own tells it the size. */
	if (supervisor->relay)
		return !is_about_terminal(info);
	return !is_from_terminal(info);
}

/* Who sends it from inside, as an editor does, sends it to the group, where CMD is. */
static void take_job_control(struct job_control *job, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGTSTP)
		job_control_stop(job, !is_from_terminal(info) &&
					      !job_control_is_inside(job, (pid_t)info->ssi_pid));
	if (info->ssi_signo == SIGCONT)
		job_control_cancel(job);
}

static void on_signal(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct supervision *supervision = opaque;
	struct container *container = supervision->container;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (supervision->supervisor->relay)
		tty_relay_take_signal(supervision->supervisor->relay, (int)info.ssi_signo);
	/* Whoever reads the last output may take too long for the sender. */
	if (supervision->over) {
		supervision->relay_ended |= info.ssi_signo != SIGCHLD &&
					    info.ssi_signo != SIGCONT && !is_about_terminal(&info);
		return;
	}
	if (info.ssi_signo == SIGCHLD) {
		supervision->over = take_child(container, supervision->keeper,
					       supervision->ret_status, &supervision->failure);
		return;
	}
	if (!supervision->supervisor->relay)
		take_job_control(&supervision->supervisor->job, &info);
	if (is_for_command(supervision->supervisor, &info))
		kill(container->child, (int)info.ssi_signo);
	/* Also for what the terminal has sent by itself. */
	container_wake(container, (int)info.ssi_signo);
}

static void on_relay_end(void *opaque)
{
	((struct supervision *)opaque)->relay_ended = true;
}

/* After the container's end it does not count. */
static void take_keeper_failure(struct supervision *supervision)
{
	const GError *failure = keeper_failure(supervision->keeper);

	if (!failure || supervision->over)
		return;
	supervision->failure = g_error_copy(failure);
	*supervision->ret_status = STATUS_FAILURE;
	supervision->over = true;
}

bool supervisor_run(struct supervisor *supervisor, struct container *container,
		    struct keeper *keeper, int *ret_status, GError **error)
{
	struct supervision supervision = {supervisor, container, keeper, ret_status,
					  NULL,	      false,	 false};
	GSource *source =
		fd_source_new(NULL, supervisor->signal_fd, G_IO_IN, on_signal, &supervision);

	while (!supervision.over) {
		g_main_context_iteration(NULL, TRUE);
		take_keeper_failure(&supervision);
	}
	job_control_cancel(&supervisor->job);
	if (supervisor->relay)
		tty_relay_finish(supervisor->relay, on_relay_end, &supervision);
	while (supervisor->relay && !supervision.relay_ended)
		g_main_context_iteration(NULL, TRUE);
	fd_source_free(source);
	if (!supervision.failure)
		return true;
	g_propagate_error(error, supervision.failure);
	return false;
}
