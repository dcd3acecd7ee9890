/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_ends - notices what is to be the end of a session */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/* What ended a session. */
enum session_end {
	SESSION_FAILED, /* with an error */
	SESSION_SIGNAL, /* SIGTERM, SIGINT, SIGHUP or SIGQUIT: see session_signal() */
	SESSION_EXIT_FD,
	SESSION_PROCESS_GONE,
	SESSION_NETNS_GONE,
	SESSION_PEER_GONE,  /* at the other end of a socket of frames (link/frame_socket.h) */
	SESSION_AGENT_GONE, /* the process in the gateway: nothing more could be published */
};

struct session_ends {
	bool is_over;
	enum session_end why; /* the first that came, once it is over */
	int signal;	      /* that came, or 0 */
	/* Of what is watched, in the default main context */
	int pidfd;
	GSource *exit, *process, *peer;
	struct netns_watch *netns;
};

/* Nothing is watched. */
void session_ends_init(struct session_ends *ends);
/* Watches nothing any more. */
void session_ends_done(struct session_ends *ends);

/* It ends now, unless it has already. */
void session_ends_now(struct session_ends *ends, enum session_end why);
/* The same by a signal. */
void session_ends_by(struct session_ends *ends, int signal);

/* With the closing of the other end of fd, which stays the caller's: a pipe, or a socket. */
void session_ends_with_fd(struct session_ends *ends, int fd);
/* The same of a socket of frames. */
void session_ends_with_peer(struct session_ends *ends, int socket);
/* With the process. ESRCH: there is none. */
bool session_ends_with_process(struct session_ends *ends, pid_t pid, GError **error);
/* With the path of a network namespace, see netns_watch_new(). */
bool session_ends_with_netns(struct session_ends *ends, const char *path, int netns,
			     GError **error);

/* As exit statuses tell it: 0 for what was waited for, 128+N for signal N, else 1. */
int session_ends_status(const struct session_ends *ends);
