/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor - waits for the container's end, forwards signals, notices deaths */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/container.h"
#include "launcher/job_control.h"
#include "launcher/keeper.h"
#include "src/tty_relay.h"

struct supervisor {
	int signal_fd;
	bool has_relay;		/* CMD has a terminal of its own */
	struct job_control job; /* of the terminal that we share; else unused */
	struct tty_relay
		*relay; /* to the terminal of CMD, the owner's; NULL: it has the caller's */
};

/*
 * Blocks the signals that supervisor_run() forwards, so that none is lost from here on. Processes
 * that are forked later inherit the mask. has_relay: CMD gets a terminal of its own.
 */
bool supervisor_init(struct supervisor *supervisor, bool has_relay, GError **error);
void supervisor_done(struct supervisor *supervisor);

/*
 * To be called once, when CMD has started: forwards what came between supervisor_init() and that,
 * when CMD did not get its terminal's signals. container must outlive the supervisor.
 */
void supervisor_catch_up(struct supervisor *supervisor, const struct container *container);

/*
 * Runs the default main loop; returns when the container's first process has ended: *ret_status is
 * what to exit with, and the relay has written CMD's last output. False when one of our own
 * processes died first and cannot be replaced; *ret_status holds in that case, too.
 */
bool supervisor_run(struct supervisor *supervisor, struct container *container,
		    struct keeper *keeper, int *ret_status, GError **error);
