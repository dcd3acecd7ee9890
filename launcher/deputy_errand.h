/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deputy_errand - what a supervisor and its deputy say to each other, and the deputy's side of it
 */
#pragma once

#include "launcher/deputy.h"

enum deputy_kind {
	DEPUTY_FORWARDER,     /* with its hand-over socket */
	DEPUTY_CGROUP_KEEPER, /* with its pipe and the parent cgroup; name is the cgroup's */
	DEPUTY_SCOPE,	      /* name is the unit's */
	DEPUTY_TCP_ABORT,
	DEPUTY_ETC,
	DEPUTY_PID_FILE,
	DEPUTY_RESOLV_CONF, /* the answer has its descriptor */
	DEPUTY_N_KINDS,
};

/* A message of the supervisor's, with at most two descriptors; both are forks of one program. */
struct deputy_errand {
	enum deputy_kind kind;
	char name[256];
};

/* The answer. */
struct deputy_answer {
	bool done;
	int errnum;
	pid_t pid;	   /* of what was started */
	char failure[512]; /* cause and cure (src/failure.h), if it was not done */
};

/* Does errands from the socket until its other end is closed. Never returns. */
G_NORETURN void deputy_serve(const struct deputy_context *context, int socket);
