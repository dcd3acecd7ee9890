/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_fixture - a container whose launcher is a thread that follows a script */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/state_dir.h"

#define CTL_MAX_REPLIES 3

/* What the launcher does for one request; it takes them in order, over any connections. */
struct ctl_step {
	const char *replies[CTL_MAX_REPLIES]; /* up to the first NULL */
	const int *sends;		      /* a descriptor that goes with the first; or NULL */
	const pid_t *kills;		      /* ends with SIGKILL after the replies; or NULL */
	int raises;			      /* a signal for our own process, or 0 */
	bool raises_first;		      /* before the replies */
	bool hangs_up;			      /* closes the connection */
};

struct ctl_fixture {
	char *runtime_dir;
	struct state_dir *dir;
	int listener;
	const struct ctl_step *steps;
	size_t n_steps;
	GThread *server;
	GPtrArray *requests; /* texts that the launcher has received */
	size_t n_fds;	     /* descriptors that came with them */
	gboolean streams;    /* ... and were our own standard streams, in order */
};

/* Makes container "web", with its launcher's socket. To be ended with ctl_fixture_done(). */
void ctl_fixture_init(struct ctl_fixture *fixture);
void ctl_fixture_done(struct ctl_fixture *fixture);

/* The same as functions of a GTest. */
void ctl_fixture_set_up(struct ctl_fixture *fixture, gconstpointer unused);
void ctl_fixture_tear_down(struct ctl_fixture *fixture, gconstpointer unused);

/* Starts the launcher; and waits until it has done all its steps. */
void ctl_fixture_serve(struct ctl_fixture *fixture, const struct ctl_step *steps, size_t n_steps);
void ctl_fixture_join(struct ctl_fixture *fixture);

/* The text of the request that the launcher has received as number index; the fixture's. */
const char *ctl_fixture_received(const struct ctl_fixture *fixture, unsigned index);

/* The request that the shell words of line are. */
struct ctl_request ctl_fixture_parse(const char *line);

/* What function prints to standard output, which it takes for the meanwhile; the caller owns it. */
char *ctl_fixture_capture(int (*function)(void *data), void *data, int *ret_status);
