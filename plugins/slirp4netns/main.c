/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-slirp4netns - does what slirp4netns(1) does, with the links of netns-run */

/*
 * How it works
 *
 * It stands between a runtime that believes to have called slirp4netns and netns-forwarder: makes
 * the link in the namespaces that it is told (link/attach.h), starts the forwarder with it, says
 * when it is ready, and waits for its own end. The API is served by the forwarder's control socket,
 * which knows slirp4netns's verbs.
 *
 * Whatever ends this process, also SIGKILL, ends the forwarder, which sees the hand-over socket
 * close; that ends the gateway's agent, which removes the device. A forwarder that dies is replaced
 * by another one with the same link and ports.
 *
 * Trust: it believes its caller. The namespaces may be a hostile container's.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/helper.h"
#include "launcher/keeper.h"
#include "link/attach.h"
#include "plugins/slirp4netns/api_socket.h"
#include "plugins/slirp4netns/banner.h"
#include "plugins/slirp4netns/options.h"
#include "plugins/slirp4netns/target.h"
#include "plugins/slirp4netns/usage.h"
#include "src/autoclose.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/handoff.h"
#include "src/notice.h"
#include "src/standard_streams.h"

struct session {
	struct slirp_options options;
	struct attachment attachment;
	struct handoff_start start; /* its descriptors are the attachment's */
	struct helper helper;
	struct keeper *keeper;
	int signal_fd;
	sigset_t signals;
	bool running;
	int status;	  /* to leave with */
	int death_signal; /* to die by instead, or 0 */
};

/* --- until it is ready --- */

/* As slirp4netns does, whose output some callers keep; the number means nothing to them. */
static void tell_tap(const struct session *session)
{
	int tap = session->attachment.fds[HANDOFF_FD_TAP];

	if (session->options.netns_type != NETNS_TAPFD)
		fprintf(stderr, "sent tapfd=%d for %s\n", tap, session->options.tap_name);
	fprintf(stderr, "received tapfd=%d\n", tap);
	if (session->attachment.note) {
		const char *note = session->attachment.note;
		fprintf(stderr, "slirp4netns: link tap, not gateway: %.*s\n",
			(int)strcspn(note, "\n"), note);
	}
}

static bool start_forwarder(struct session *session, GError **error)
{
	const struct slirp_options *options = &session->options;
	struct attachment *attachment = &session->attachment;
	struct handoff_start *start = &session->start;

	if (options->api_socket) {
		attachment->fds[HANDOFF_FD_CONTROL] = api_socket_listen(options->api_socket, error);
		if (attachment->fds[HANDOFF_FD_CONTROL] < 0)
			return false;
	}
	if (!helper_spawn(&session->helper, -1, error))
		return false;
	start->name = g_strdup("slirp4netns");
	start->link = attachment->link;
	start->access.all = !options->disable_host_loopback;
	start->access.no_dns = options->disable_dns;
	start->control_once = true;
	memcpy(start->fds, attachment->fds, sizeof(start->fds));
	return helper_tell(&session->helper, start, error) &&
	       helper_await(&session->helper, &start->ports, error);
}

static bool tell_ready(struct session *session, GError **error)
{
	autoclose int fd = g_steal_fd(&session->options.ready_fd);

	if (fd < 0)
		return true;
	return write(fd, "1", 1) == 1 || failure_errno(error, "write to the ready-fd %d", fd);
}

static bool start(struct session *session, GError **error)
{
	if (!target_attach(&session->options, &session->attachment, error))
		return false;
	tell_tap(session);
	banner_print(&session->options);
	return start_forwarder(session, error) && tell_ready(session, error);
}

/* --- until it ends --- */

static void on_exit_fd(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct session *session = opaque;

	fprintf(stderr, "exitfd event\ndo_slirp is exiting\n");
	session->running = false;
	session->status = EXIT_SUCCESS;
}

/* What the API has published since, for a forwarder that has to do it again. */
static void on_notice(const char *kind, JsonObject *notice, int *fds, size_t n_fds, void *opaque)
{
	struct session *session = opaque;

	if (g_str_equal(kind, NOTICE_PORTS))
		port_set_change(&session->start.ports, notice, fds, n_fds, NULL);
}

/* The keeper prints it, and nobody else is told. */
static void on_death(void *opaque G_GNUC_UNUSED)
{
}

static void on_restarted(const char *death G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
}

static void keep_forwarder(struct session *session)
{
	const struct keeper_context context = {
		.program = "slirp4netns",
		.helper = &session->helper,
		.start = &session->start,
		.state_fd = -1,
		.on_notice = on_notice,
		.on_death = on_death,
		.on_restarted = on_restarted,
		.opaque = session,
	};

	session->keeper = keeper_new(&context);
}

static void take_deaths(struct session *session)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		/* Without it nothing more can be published: better an end than half a network. */
		if (pid == session->attachment.builder) {
			fprintf(stderr, "slirp4netns: the process in the gateway has died\n");
			session->attachment.builder = 0;
			session->running = false;
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
	session->death_signal = (int)info.ssi_signo;
	session->running = false;
}

static bool wait_for_end(struct session *session, GError **error)
{
	if (!fd_source_context_prepare_default(error))
		return false;
	GSource *signals = fd_source_new(NULL, session->signal_fd, G_IO_IN, on_signal, session);
	/* slirp4netns waits for the hang-up alone: what is written there means nothing. */
	GSource *exit_fd = session->options.exit_fd < 0
				   ? NULL
				   : fd_source_new(NULL, session->options.exit_fd, G_IO_HUP,
						   on_exit_fd, session);

	keep_forwarder(session);
	session->running = true;
	while (session->running && !keeper_failure(session->keeper))
		g_main_context_iteration(NULL, TRUE);
	const GError *failure = keeper_failure(session->keeper);
	if (failure)
		g_propagate_error(error, g_error_copy(failure));
	fd_source_free(exit_fd);
	fd_source_free(signals);
	return !failure;
}

/* --- all of it --- */

static bool catch_signals(struct session *session, GError **error)
{
	sigemptyset(&session->signals);
	sigaddset(&session->signals, SIGTERM);
	sigaddset(&session->signals, SIGINT);
	sigaddset(&session->signals, SIGHUP);
	sigaddset(&session->signals, SIGQUIT);
	sigaddset(&session->signals, SIGCHLD);
	session->signal_fd = signalfd(-1, &session->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signal_fd < 0)
		return failure_errno(error, "signalfd");
	sigprocmask(SIG_BLOCK, &session->signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	return true;
}

/* The caller's descriptors are for this process alone. */
static void keep_descriptors(const struct slirp_options *options)
{
	const int fds[] = {options->exit_fd, options->ready_fd};

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			fcntl(fds[i], F_SETFD, FD_CLOEXEC);
}

static void run(struct session *session)
{
	g_autoptr(GError) error = NULL;

	keep_descriptors(&session->options);
	/* Each published port's sockets are kept here, too. */
	descriptor_limit_raise(NULL);
	if (!catch_signals(session, &error) || !start(session, &error) ||
	    !wait_for_end(session, &error))
		failure_print("slirp4netns", error);
	keeper_free(session->keeper);
	helper_done(&session->helper);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		session->start.fds[i] = -1;
	handoff_start_done(&session->start);
	attachment_done(&session->attachment);
}

/* As a process dies that does not catch the signal: callers look at the status. */
static void die_by(int number, const sigset_t *blocked)
{
	signal(number, SIG_DFL);
	raise(number);
	sigprocmask(SIG_UNBLOCK, blocked, NULL);
}

int main(int argc, char **argv)
{
	struct session session = {.helper.socket = -1, .signal_fd = -1, .status = EXIT_FAILURE};

	standard_streams_ensure();
	attachment_init(&session.attachment);
	handoff_start_init(&session.start);
	enum slirp_parsed parsed = slirp_options_parse(&session.options, argc, argv);
	if (parsed == SLIRP_BAD_USAGE || session.options.help)
		usage_print(argv[0]);
	if (session.options.version)
		usage_print_version();
	if (session.options.help || session.options.version)
		return parsed == SLIRP_PARSED ? EXIT_SUCCESS : EXIT_FAILURE;
	if (parsed == SLIRP_PARSED)
		run(&session);
	if (session.death_signal)
		die_by(session.death_signal, &session.signals);
	return session.status;
}
