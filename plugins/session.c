/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - a network for namespaces of others, from its start to its end */
#include "plugins/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/deputy.h"
#include "launcher/helper.h"
#include "launcher/keeper.h"
#include "launcher/lock_down.h"
#include "launcher/log_trim.h"
#include "launcher/record.h"
#include "launcher/successor.h"
#include "link/frame_socket.h"
#include "plugins/session_report.h"
#include "plugins/session_verbs.h"
#include "src/autoclose.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/memory_file.h"
#include "src/notice.h"
#include "src/state_socket.h"

/* Of the log, in bytes. */
#define LOG_LIMIT (1024 * 1024)

struct session {
	const char *program;
	struct state_dir *state; /* or NULL; then there is no record either */
	JsonObject *description; /* members for state.json */
	struct events *events;
	struct record record;
	struct attachment attachment;
	struct handoff_start start; /* its descriptors are the attachment's */
	struct helper helper;
	struct keeper *keeper; /* while it runs */
	int door;	       /* for netns-ctl, until somebody serves there */
	struct session_verbs verbs;
	struct session_server *server;
	struct deputy *deputy; /* while it is locked in */
	int signal_fd, log;
	guint log_trimmer; /* source, or 0 */
	GSource *signals;
	bool connects; /* to local sockets, while it runs */
	struct session_ends ends;
};

static int state_fd(const struct session *session)
{
	return session->state ? state_dir_fd(session->state) : -1;
}

/* --- until it is ready --- */

static void fill_signals(sigset_t *signals)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD};

	sigemptyset(signals);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		sigaddset(signals, numbers[i]);
}

/* Before that they end us, as the kernel does it, while something is waited for. */
static bool catch_signals(struct session *session, GError **error)
{
	sigset_t signals;

	fill_signals(&signals);
	session->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signal_fd < 0)
		return failure_errno(error, "signalfd");
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return true;
}

static void take_attachment(struct session *session, const struct attachment *attachment)
{
	struct handoff_start *start = &session->start;
	int control = handoff_take_fd(start, HANDOFF_FD_CONTROL);
	int egress = handoff_take_fd(start, HANDOFF_FD_EGRESS);

	session->attachment = *attachment;
	session->attachment.fds[HANDOFF_FD_CONTROL] = control;
	session->attachment.fds[HANDOFF_FD_EGRESS] = egress;
	start->link = attachment->link;
	if (!start->name)
		start->name = g_strdup(session->state ? state_dir_name(session->state)
						      : session->program);
}

static bool listen_for_control(struct session *session, GError **error)
{
	int *fd = &session->attachment.fds[HANDOFF_FD_CONTROL];

	if (session->state && *fd < 0) {
		*fd = state_socket_listen(session->state, STATE_SOCKET_CONTROL, error);
		if (*fd < 0)
			return false;
	}
	return true;
}

static bool complete_handoff(struct session *session, GError **error)
{
	if (!memory_file_new(&session->attachment.fds[HANDOFF_FD_MEMORY], error))
		return false;
	memcpy(session->start.fds, session->attachment.fds, sizeof(session->start.fds));
	return true;
}

static bool await_forwarder(struct session *session, GError **error)
{
	struct port_set bound;

	/* Each published port's sockets are kept here, too. */
	descriptor_limit_raise(NULL);
	port_set_init(&bound);
	if (helper_await(&session->helper, &bound, error)) {
		if (session->helper.note)
			g_printerr("%s: %s\n", session->program, session->helper.note);
		/* Another forwarder publishes what was chosen for the first, with its sockets. */
		port_set_replace(&session->start.ports, &bound);
		return true;
	}
	port_set_close(&bound);
	port_set_done(&bound);
	return false;
}

static bool open_log(struct session *session, GError **error)
{
	if (!session->state)
		return true;
	session->log =
		openat(state_dir_fd(session->state), "output.log",
		       O_WRONLY | O_CREAT | O_APPEND | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return session->log >= 0 || failure_errno(error, "make output.log in the state directory");
}

/* Its messages go where those of one that takes its place will go. */
static bool spawn_with_log(struct session *session, GError **error)
{
	autoclose int own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (own < 0 || (session->log >= 0 && dup2(session->log, STDERR_FILENO) < 0))
		return failure_errno(error, "redirect standard error");
	bool ok = helper_spawn(&session->helper, NULL, state_fd(session), error);
	dup2(own, STDERR_FILENO);
	return ok;
}

struct session *session_new(const char *program, struct state_dir *state, GError **error)
{
	struct session *session = g_new0(struct session, 1);

	session->program = program;
	session->state = state;
	session->description = json_object_new();
	session->signal_fd = session->log = session->door = -1;
	session_ends_init(&session->ends);
	attachment_init(&session->attachment);
	handoff_start_init(&session->start);
	/* Inherited as ignored, the deaths of our processes would never be told. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	session->helper.socket = -1;
	if (!sandbox_mode_from_environment(&session->start.sandbox, error) ||
	    !open_log(session, error) || !spawn_with_log(session, error))
		g_clear_pointer(&session, session_free);
	return session;
}

void session_describe(struct session *session, const char *member, JsonNode *value)
{
	json_object_set_member(session->description, member, value);
}

struct handoff_start *session_handoff(struct session *session)
{
	return &session->start;
}

/* It is complete when others see it. */
static bool begin_record(struct session *session, GError **error)
{
	if (!session->state)
		return true;
	session->events = events_new(state_dir_name(session->state));
	session->record = (struct record){
		.state = session->state,
		.ports = &session->start.ports,
		.events = session->events,
		.forwarder.pid = session->helper.pid,
		.json = session_report(state_dir_name(session->state), &session->start,
				       session->description),
	};
	session->door = state_socket_listen(session->state, STATE_SOCKET_LAUNCHER, error);
	if (session->door < 0)
		return false;
	record_begin(&session->record);
	return state_dir_write(session->state, session->record.json, error);
}

bool session_start(struct session *session, const struct attachment *attachment, GError **error)
{
	take_attachment(session, attachment);
	return listen_for_control(session, error) && complete_handoff(session, error) &&
	       helper_tell(&session->helper, &session->start, error) &&
	       await_forwarder(session, error) && catch_signals(session, error) &&
	       fd_source_context_prepare_default(error) && begin_record(session, error);
}

int session_log(const struct session *session)
{
	return session->log;
}

bool session_is_listed(const struct session *session)
{
	return session->state != NULL;
}

const struct attachment *session_attachment(const struct session *session)
{
	return &session->attachment;
}

/* --- until it ends --- */

void session_let_connect(struct session *session)
{
	session->connects = true;
}

void session_end_with_fd(struct session *session, int fd)
{
	session_ends_with_fd(&session->ends, fd);
}

bool session_end_with_process(struct session *session, pid_t pid, GError **error)
{
	return session_ends_with_process(&session->ends, pid, error);
}

bool session_end_with_netns(struct session *session, const char *path, int netns, GError **error)
{
	return session_ends_with_netns(&session->ends, path, netns, error);
}

/* What has been published since the start, for a forwarder that has to do it again. */
static void on_notice(const char *kind, JsonObject *notice, int *fds, size_t n_fds, void *opaque)
{
	struct session *session = opaque;
	const struct successor successor = {&session->start, session->attachment.fds};

	successor_take_notice(&successor, kind, notice, fds, n_fds);
	if (session->state)
		record_take_notice(&session->record, kind, notice, fds, n_fds);
	else if (g_str_equal(kind, NOTICE_PORTS))
		port_set_change(&session->start.ports, notice, fds, n_fds, NULL);
}

/* The keeper prints it, and nobody else is told. */
static void on_death(void *opaque G_GNUC_UNUSED)
{
}

static void on_restarted(const char *death, void *opaque)
{
	struct session *session = opaque;

	if (session->state)
		record_restarted(&session->record, session->helper.pid, death);
}

static void on_upgraded(void *opaque)
{
	struct session *session = opaque;

	if (session->state)
		record_upgraded(&session->record, session->helper.pid);
}

static void keep_forwarder(struct session *session)
{
	const struct keeper_context context = {
		.program = session->program,
		.helper = &session->helper,
		.start = &session->start,
		.state_fd = state_fd(session),
		.on_notice = on_notice,
		.on_death = on_death,
		.on_restarted = on_restarted,
		.on_upgraded = on_upgraded,
		.opaque = session,
	};

	session->keeper = keeper_new(&context);
}

static void serve_clients(struct session *session)
{
	if (session->door < 0)
		return;
	session->verbs = (struct session_verbs){
		.name = state_dir_name(session->state),
		.state = &session->record.json,
		.keeper = session->keeper,
		.events = session->events,
	};
	session->server = session_verbs_serve(g_steal_fd(&session->door), &session->verbs);
}

/* From here on this process makes no other, and sees few files. */
static bool lock_in(struct session *session, GError **error)
{
	const struct deputy_context context = {.state_fd = state_fd(session), .etc_cover = -1};
	const struct lock_down all = {
		.mode = session->start.sandbox,
		.connects = session->connects,
		.record = session->state ? &session->record : NULL,
	};

	return lock_down_with_deputy(&all, &context, session->keeper, &session->deputy, error);
}

static void take_deaths(struct session *session)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		/* Without it nothing more can be published: better an end than half a network. */
		if (pid == session->attachment.builder) {
			g_printerr("%s: the process in the gateway has died\n", session->program);
			session->attachment.builder = 0;
			session_ends_now(&session->ends, SESSION_AGENT_GONE);
		}
		keeper_take_death(session->keeper, pid, wait_status);
	}
}

static void on_signal(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct session *session = opaque;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD) {
		take_deaths(session);
		return;
	}
	session_ends_by(&session->ends, (int)info.ssi_signo);
}

enum session_end session_run(struct session *session, GError **error)
{
	int tap = session->attachment.fds[HANDOFF_FD_TAP];

	if (frame_socket_is(tap))
		session_ends_with_peer(&session->ends, tap);
	session->signals = fd_source_new(NULL, session->signal_fd, G_IO_IN, on_signal, session);
	keep_forwarder(session);
	serve_clients(session);
	if (session->log >= 0)
		session->log_trimmer = log_trim_start(session->log, LOG_LIMIT);
	if (!lock_in(session, error))
		return SESSION_FAILED;
	/* Those of the time before signals were caught. */
	take_deaths(session);
	while (!session->ends.is_over && !keeper_failure(session->keeper))
		g_main_context_iteration(NULL, TRUE);
	if (session->ends.is_over)
		return session->ends.why;
	g_propagate_error(error, g_error_copy(keeper_failure(session->keeper)));
	return SESSION_FAILED;
}

int session_signal(const struct session *session)
{
	return session->ends.signal;
}

static void tell_end(struct session *session)
{
	JsonObject *details = json_object_new();
	int status = session_ends_status(&session->ends);

	keeper_stop(session->keeper);
	record_settle(&session->record);
	json_object_set_int_member(details, "status", status);
	events_emit(session->events, EVENT_ENDED, details);
	events_finish(session->events);
	session_server_free(session->server, status);
}

void session_free(struct session *session)
{
	if (!session)
		return;
	if (session->server)
		tell_end(session);
	close_fd(&session->door);
	session_ends_done(&session->ends);
	fd_source_free(session->signals);
	keeper_free(session->keeper);
	record_done(&session->record);
	events_free(session->events);
	deputy_dismiss(session->deputy);
	helper_done(&session->helper);
	/* Once started they are the attachment's. */
	if (session->attachment.fds[HANDOFF_FD_TAP] >= 0)
		for (size_t i = 0; i < HANDOFF_N_FDS; i++)
			session->start.fds[i] = -1;
	handoff_start_done(&session->start);
	attachment_done(&session->attachment);
	/* Last of all: who ends a network waits for this. */
	state_dir_remove(session->state);
	deputy_free(session->deputy);
	json_object_unref(session->description);
	close_fd(&session->signal_fd);
	if (session->log_trimmer)
		g_source_remove(session->log_trimmer);
	close_fd(&session->log);
	g_free(session);
}

void session_die_by(int number)
{
	sigset_t signals;

	fill_signals(&signals);
	signal(number, SIG_DFL);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
