/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-slirp4netns - does what slirp4netns(1) does, with the links of netns-run */

/*
 * How it works
 *
 * It stands between a runtime that believes to have called slirp4netns and netns-forwarder: makes
 * the link in the namespaces that it is told (link/attach.h), starts the forwarder with it
 * (plugins/session.h), says when it is ready, and waits for its own end. The API is served by the
 * forwarder's control socket, which knows slirp4netns's verbs.
 *
 * Whatever ends this process, also SIGKILL, ends the forwarder and the device. A forwarder that
 * dies is replaced by another one with the same link and ports.
 *
 * Trust: it believes its caller. The namespaces may be a hostile container's.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/attach.h"
#include "plugins/session.h"
#include "plugins/slirp4netns/api_socket.h"
#include "plugins/slirp4netns/banner.h"
#include "plugins/slirp4netns/options.h"
#include "plugins/slirp4netns/target.h"
#include "plugins/slirp4netns/usage.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/standard_streams.h"

#define PROGRAM "slirp4netns"

/* As slirp4netns does, whose output some callers keep; the number means nothing to them. */
static void tell_tap(const struct slirp_options *options, const struct attachment *attachment)
{
	int tap = attachment->fds[HANDOFF_FD_TAP];

	if (options->netns_type == NETNS_BESS)
		fprintf(stderr, "sent \"tapfd\"=%d (not really TAP) for %s\n", tap,
			options->target);
	else if (options->netns_type != NETNS_TAPFD)
		fprintf(stderr, "sent tapfd=%d for %s\n", tap, options->tap_name);
	fprintf(stderr, "received tapfd=%d\n", tap);
	if (attachment->note) {
		const char *note = attachment->note;
		fprintf(stderr, PROGRAM ": link tap, not gateway: %.*s\n", (int)strcspn(note, "\n"),
			note);
	}
}

static bool fill_start(const struct slirp_options *options, struct handoff_start *start,
		       GError **error)
{
	start->access.all = !options->disable_host_loopback;
	start->access.no_dns = options->disable_dns;
	if (!options->api_socket)
		return true;
	start->control_once = true;
	start->fds[HANDOFF_FD_CONTROL] = api_socket_listen(options->api_socket, SOCK_STREAM, error);
	return start->fds[HANDOFF_FD_CONTROL] >= 0;
}

static bool tell_ready(int ready_fd, GError **error)
{
	autoclose int fd = ready_fd;

	if (fd < 0)
		return true;
	return write(fd, "1", 1) == 1 || failure_errno(error, "write to the ready-fd %d", fd);
}

static bool start(struct session *session, const struct slirp_options *options, GError **error)
{
	struct attachment attachment;

	attachment_init(&attachment);
	if (!target_attach(options, &attachment, error))
		return false;
	tell_tap(options, &attachment);
	banner_print(options);
	if (!fill_start(options, session_handoff(session), error)) {
		attachment_done(&attachment);
		return false;
	}
	return session_start(session, &attachment, error) && tell_ready(options->ready_fd, error);
}

static int exit_fd_closed(void)
{
	fprintf(stderr, "exitfd event\ndo_slirp is exiting\n");
	return EXIT_SUCCESS;
}

/* The status to leave with. */
static int await_end(struct session *session, const struct slirp_options *options, GError **error)
{
	if (options->exit_fd >= 0)
		session_end_with_fd(session, options->exit_fd);
	switch (session_run(session, error)) {
	case SESSION_EXIT_FD:
		return exit_fd_closed();
	case SESSION_PEER_GONE:
		fprintf(stderr, PROGRAM ": the machine at %s has gone\n", options->target);
		return EXIT_SUCCESS;
	default:
		return EXIT_FAILURE;
	}
}

/* The caller's descriptors are for this process alone. */
static void keep_descriptors(const struct slirp_options *options)
{
	const int fds[] = {options->exit_fd, options->ready_fd};

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			fcntl(fds[i], F_SETFD, FD_CLOEXEC);
}

static int run(const struct slirp_options *options)
{
	g_autoptr(GError) error = NULL;
	int status = EXIT_FAILURE, death_signal = 0;

	keep_descriptors(options);
	struct session *session = session_new(PROGRAM, NULL, &error);
	if (session && start(session, options, &error)) {
		status = await_end(session, options, &error);
		death_signal = session_signal(session);
	}
	if (g_error_matches(error, FAILURE, ECANCELED))
		status = exit_fd_closed();
	else if (error)
		failure_print(PROGRAM, error);
	session_free(session);
	/* Callers look at the status. */
	if (death_signal)
		session_die_by(death_signal);
	return status;
}

int main(int argc, char **argv)
{
	struct slirp_options options;

	standard_streams_ensure();
	enum slirp_parsed parsed = slirp_options_parse(&options, argc, argv);
	if (parsed == SLIRP_BAD_USAGE || options.help)
		usage_print(argv[0]);
	if (options.version)
		usage_print_version();
	if (options.help || options.version)
		return parsed == SLIRP_PARSED ? EXIT_SUCCESS : EXIT_FAILURE;
	return parsed == SLIRP_PARSED ? run(&options) : EXIT_FAILURE;
}
