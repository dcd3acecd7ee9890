/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec - netns-ctl NAME exec: a command in a running container */
#include "src/ctl/exec.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <glib-unix.h>

#include "src/autoclose.h"
#include "src/ctl/exit_status.h"
#include "src/ctl/message.h"
#include "src/ctl/session.h"
#include "src/failure.h"
#include "src/tty_relay.h"

#define SIGNALLED 128

/* How long a signal waits for the command to be there, in milliseconds. */
#define ANSWER_PATIENCE_MS 1000
/* And how long we wait for it to stop. */
#define STOP_PATIENCE_MS 1000

struct run {
	const struct ctl_request *request;
	struct session *session;
	GMainLoop *loop;
	struct tty_relay *relay; /* NULL without --tty, and until the command has started */
	int signals;		 /* signalfd(2) */
	sigset_t old_signals;
	bool has_started;
	int held; /* a signal that came before the answer; or 0 */
	guint held_timer;
	guint stop_timer; /* runs while the command is to stop, and we after it; or 0 */
	int status;
	GError *failure;
};

static const int forwarded[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM,
				SIGUSR1, SIGUSR2, SIGALRM, SIGURG};

/* Takes the error over. */
static void fail(struct run *run, GError *failure, int status)
{
	if (run->failure)
		g_error_free(failure);
	else
		run->failure = failure;
	run->status = status;
	g_main_loop_quit(run->loop);
}

static void forward_signal(struct run *run, int number)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct session_request request = {.verb = "signal", .arguments = arguments};

	json_object_set_int_member(arguments, "signal", number);
	/* A launcher that has gone is seen as the connection's end. */
	session_send(run->session, &request, NULL);
}

static void give_up(struct run *run, int number)
{
	run->status = SIGNALLED + number;
	g_main_loop_quit(run->loop);
}

static gboolean on_no_answer(gpointer data)
{
	struct run *run = data;

	run->held_timer = 0;
	give_up(run, run->held);
	return G_SOURCE_REMOVE;
}

/* The command may run already, and the answer that says so be on its way. */
static void hold_signal(struct run *run, int number)
{
	run->held = number;
	if (!run->held_timer)
		run->held_timer = g_timeout_add(ANSWER_PATIENCE_MS, on_no_answer, run);
}

static void release_signal(struct run *run)
{
	g_clear_handle_id(&run->held_timer, g_source_remove);
	if (run->held)
		forward_signal(run, run->held);
	run->held = 0;
}

/* The shell that called us takes its terminal back when we stop. */
static void stop_here(struct run *run)
{
	sigset_t set;

	g_clear_handle_id(&run->stop_timer, g_source_remove);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (run->has_started)
		forward_signal(run, SIGCONT);
}

static gboolean on_not_stopped(gpointer data)
{
	struct run *run = data;

	run->stop_timer = 0;
	stop_here(run);
	return G_SOURCE_REMOVE;
}

/*
 * The command has our terminal, but not its job control: it would take what is typed for the shell.
 * So it is stopped first. In its session SIGTSTP itself would have no effect.
 */
static void stop_command(struct run *run)
{
	if (!run->has_started) {
		stop_here(run);
		return;
	}
	forward_signal(run, SIGSTOP);
	if (!run->stop_timer)
		run->stop_timer = g_timeout_add(STOP_PATIENCE_MS, on_not_stopped, run);
}

static void take_signal(struct run *run, int number)
{
	/* Without a terminal of our own nobody sees the command's any more. */
	bool is_hangup = run->relay && number == SIGHUP;
	bool is_ours = number == SIGWINCH || number == SIGTSTP || number == SIGCONT;

	if (run->relay)
		tty_relay_take_signal(run->relay, number);
	else if (number == SIGTSTP)
		stop_command(run);
	if (is_ours)
		return;
	if (is_hangup)
		give_up(run, number);
	else if (run->has_started)
		forward_signal(run, number);
	else
		hold_signal(run, number);
}

static gboolean on_signal(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		take_signal(data, (int)info.ssi_signo);
	return G_SOURCE_CONTINUE;
}

static void on_last_output(void *data)
{
	struct run *run = data;

	g_main_loop_quit(run->loop);
}

static bool start_relay(struct run *run, int master, GError **error)
{
	autoclose int own_master = master;

	if (own_master < 0) {
		failure_set(error, EBADMSG, "netns-ctl and netns-run must be of one version",
			    "container '%s' sent no terminal", run->request->container);
		return false;
	}
	run->relay = tty_relay_new(own_master, STDIN_FILENO, STDOUT_FILENO, error);
	if (run->relay)
		g_steal_fd(&own_master);
	return run->relay;
}

/* The answer to the request. fd becomes ours. */
static void take_reply(struct run *run, JsonObject *reply, int fd)
{
	GError *failure = NULL;
	g_autoptr(JsonObject) result = message_result(reply, run->request->container, &failure);

	if (!result)
		close_fd(&fd);
	run->has_started = result && (!run->request->options.tty || start_relay(run, fd, &failure));
	if (run->has_started)
		release_signal(run);
	else
		fail(run, failure, message_refusal_status(reply, EXIT_FAILURE_OF_OURS));
}

/*
 * What comes later: the end, and that it has stopped, which it may do without us. True after the
 * end, which closes the connection.
 */
static bool take_event(struct run *run, JsonObject *event)
{
	const char *kind = message_string(event, "event");

	if (g_strcmp0(kind, "stopped") == 0 && run->stop_timer)
		stop_here(run);
	if (g_strcmp0(kind, "exited") != 0)
		return false;
	run->status = (int)(message_int(event, "status", EXIT_FAILURE_OF_OURS) & 0xff);
	if (run->relay)
		tty_relay_finish(run->relay, on_last_output, run);
	else
		g_main_loop_quit(run->loop);
	return true;
}

static gboolean on_message(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED,
			   gpointer data)
{
	struct run *run = data;
	GError *failure = NULL;
	autoclose int received = -1;
	g_autoptr(JsonObject) message = session_receive(run->session, 0, &received, &failure);

	if (!message) {
		/* The container's end is that of all its processes. */
		bool is_killed = run->has_started && failure->code == ECONNRESET;
		fail(run, failure, is_killed ? SIGNALLED + SIGKILL : EXIT_FAILURE_OF_OURS);
		return G_SOURCE_REMOVE;
	}
	if (run->has_started)
		return take_event(run, message) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
	take_reply(run, message, g_steal_fd(&received));
	return G_SOURCE_CONTINUE;
}

/* From before the request on, so that none is lost once the command runs. */
static bool watch_signals(struct run *run, GError **error)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < G_N_ELEMENTS(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	sigaddset(&set, SIGTSTP);
	if (run->request->options.tty)
		tty_relay_add_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, &run->old_signals);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signals >= 0 || failure_errno(error, "watch signals");
}

static bool send_request(struct run *run, GError **error)
{
	static const int streams[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	g_auto(GStrv) environment = g_get_environ();
	g_autoptr(JsonObject) arguments = exec_arguments(run->request, environment, error);
	const struct session_request request = {
		.verb = "exec",
		.arguments = arguments,
		.fds = streams,
		.n_fds = run->request->options.tty ? 0 : G_N_ELEMENTS(streams),
	};

	return arguments && (run->session = session_open(run->request->container, error)) &&
	       session_send(run->session, &request, error);
}

static void run_loop(struct run *run)
{
	guint sources[] = {
		g_unix_fd_add(session_fd(run->session), G_IO_IN, on_message, run),
		g_unix_fd_add(run->signals, G_IO_IN, on_signal, run),
	};

	g_main_loop_run(run->loop);
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		GSource *source = g_main_context_find_source_by_id(NULL, sources[i]);
		if (source)
			g_source_destroy(source);
	}
}

int exec_run(const struct ctl_request *request, GError **error)
{
	struct run run = {.request = request, .signals = -1, .status = EXIT_FAILURE_OF_OURS};

	run.loop = g_main_loop_new(NULL, FALSE);
	if (watch_signals(&run, &run.failure) && send_request(&run, &run.failure))
		run_loop(&run);
	g_clear_handle_id(&run.held_timer, g_source_remove);
	g_clear_handle_id(&run.stop_timer, g_source_remove);
	tty_relay_free(run.relay);
	session_free(run.session);
	g_main_loop_unref(run.loop);
	close_fd(&run.signals);
	pthread_sigmask(SIG_SETMASK, &run.old_signals, NULL);
	if (run.failure)
		g_propagate_error(error, run.failure);
	return run.status;
}
