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
 * close; that ends the gateway's agent, which removes the device.
 *
 * Trust: it believes its caller. The namespaces may be a hostile container's.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/helper.h"
#include "link/attach.h"
#include "plugins/slirp4netns/api_socket.h"
#include "plugins/slirp4netns/banner.h"
#include "plugins/slirp4netns/options.h"
#include "plugins/slirp4netns/target.h"
#include "plugins/slirp4netns/usage.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/handoff.h"
#include "src/standard_streams.h"

struct session {
	struct slirp_options options;
	struct attachment attachment;
	struct helper helper;
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
	struct handoff_start start;
	struct port_set ports;

	if (options->api_socket) {
		attachment->fds[HANDOFF_FD_CONTROL] = api_socket_listen(options->api_socket, error);
		if (attachment->fds[HANDOFF_FD_CONTROL] < 0)
			return false;
	}
	if (!helper_spawn(&session->helper, -1, error))
		return false;
	handoff_start_init(&start);
	port_set_init(&ports);
	start.name = g_strdup("slirp4netns");
	start.link = attachment->link;
	start.access.all = !options->disable_host_loopback;
	start.access.no_dns = options->disable_dns;
	start.control_once = true;
	memcpy(start.fds, attachment->fds, sizeof(start.fds));
	bool ok = helper_tell(&session->helper, &start, error) &&
		  helper_await(&session->helper, &ports, error);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		start.fds[i] = -1;
	handoff_start_done(&start);
	port_set_done(&ports);
	return ok;
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

/* Nothing but its end: it has nothing to tell us. */
static void on_forwarder(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct session *session = opaque;
	char byte;

	if (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) > 0)
		return;
	fprintf(stderr, "slirp4netns: netns-forwarder has died\n");
	session->running = false;
}

static void on_signal(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct session *session = opaque;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	session->death_signal = (int)info.ssi_signo;
	session->running = false;
}

static bool wait_for_end(struct session *session, GError **error)
{
	if (!fd_source_context_prepare_default(error))
		return false;
	GSource *signals = fd_source_new(NULL, session->signal_fd, G_IO_IN, on_signal, session);
	GSource *forwarder =
		fd_source_new(NULL, session->helper.socket, G_IO_IN, on_forwarder, session);
	/* slirp4netns waits for the hang-up alone: what is written there means nothing. */
	GSource *exit_fd = session->options.exit_fd < 0
				   ? NULL
				   : fd_source_new(NULL, session->options.exit_fd, G_IO_HUP,
						   on_exit_fd, session);

	session->running = true;
	while (session->running)
		g_main_context_iteration(NULL, TRUE);
	fd_source_free(exit_fd);
	fd_source_free(forwarder);
	fd_source_free(signals);
	return true;
}

/* --- all of it --- */

static bool catch_signals(struct session *session, GError **error)
{
	sigemptyset(&session->signals);
	sigaddset(&session->signals, SIGTERM);
	sigaddset(&session->signals, SIGINT);
	sigaddset(&session->signals, SIGHUP);
	sigaddset(&session->signals, SIGQUIT);
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
	if (!catch_signals(session, &error) || !start(session, &error) ||
	    !wait_for_end(session, &error))
		failure_print("slirp4netns", error);
	helper_done(&session->helper);
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
