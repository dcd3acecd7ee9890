/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job_control - stops the launcher when CMD has stopped, on the terminal that they share */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/container.h"

/*
 * How it works
 *
 * The shell that called us takes its terminal back when we stop, and not sooner. CMD gets Ctrl-Z's
 * SIGTSTP at the same time as we do, and may be slower: a read(2) that it still waits in would then
 * take the line that is typed for the shell. So we stop last: when those processes inside have
 * stopped that were to. If none of them does, because they ignore the signal, neither do we: it is
 * as if CMD was started without us.
 *
 *   IDLE ── SIGTSTP ─▶ WAITING ── they have stopped ─▶ (we stop) ── SIGCONT ─▶ IDLE
 *                         └── none of them stops; SIGCONT; the container's end ─▶ IDLE
 */
struct job_control {
	const struct container *container; /* the owner's */
	bool is_passed_on;		   /* CMD alone has got the signal, from us */
	gint64 since;			   /* when the signal came, in microseconds */
	guint interval;			   /* until the next look, in milliseconds */
	guint timer;			   /* 0: IDLE */
};

/*
 * SIGTSTP has come, which the caller blocks. is_passed_on: it was sent to us alone, and CMD gets it
 * here; else all processes of our process group have got it. Stops the calling process from the
 * default main context, until SIGCONT; in an orphaned process group nothing stops.
 */
void job_control_stop(struct job_control *job, bool is_passed_on);

/* SIGCONT has come, or the container has ended: a stop that is waited for is called off. */
void job_control_cancel(struct job_control *job);

/* True if pid, which has sent us a signal, is inside. */
bool job_control_is_inside(const struct job_control *job, pid_t pid);
