/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_ends - notices what is to be the end of a session */
#include "plugins/session_ends.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plugins/netns_watch.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"

void session_ends_init(struct session_ends *ends)
{
	*ends = (struct session_ends){.pidfd = -1};
}

void session_ends_done(struct session_ends *ends)
{
	netns_watch_free(ends->netns);
	fd_source_free(ends->peer);
	fd_source_free(ends->process);
	fd_source_free(ends->exit);
	close_fd(&ends->pidfd);
}

void session_ends_now(struct session_ends *ends, enum session_end why)
{
	if (ends->is_over)
		return;
	ends->is_over = true;
	ends->why = why;
}

void session_ends_by(struct session_ends *ends, int signal)
{
	ends->signal = signal;
	session_ends_now(ends, SESSION_SIGNAL);
}

/* What is written there is not asked for, and means nothing. */
static void on_exit_fd(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	session_ends_now(opaque, SESSION_EXIT_FD);
}

static void on_process(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	session_ends_now(opaque, SESSION_PROCESS_GONE);
}

static void on_peer(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	session_ends_now(opaque, SESSION_PEER_GONE);
}

static void on_netns_gone(void *opaque)
{
	session_ends_now(opaque, SESSION_NETNS_GONE);
}

void session_ends_with_fd(struct session_ends *ends, int fd)
{
	ends->exit = fd_source_new(NULL, fd, G_IO_HUP, on_exit_fd, ends);
}

void session_ends_with_peer(struct session_ends *ends, int socket)
{
	ends->peer = fd_source_new(NULL, socket, G_IO_HUP, on_peer, ends);
}

bool session_ends_with_process(struct session_ends *ends, pid_t pid, GError **error)
{
	ends->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (ends->pidfd < 0)
		return failure_errno(error, "watch process %d", (int)pid);
	ends->process = fd_source_new(NULL, ends->pidfd, G_IO_IN, on_process, ends);
	return true;
}

bool session_ends_with_netns(struct session_ends *ends, const char *path, int netns, GError **error)
{
	ends->netns = netns_watch_new(path, netns, on_netns_gone, ends, error);
	return ends->netns;
}

int session_ends_status(const struct session_ends *ends)
{
	if (!ends->is_over || ends->why == SESSION_AGENT_GONE)
		return EXIT_FAILURE;
	return ends->why == SESSION_SIGNAL ? 128 + ends->signal : EXIT_SUCCESS;
}
