/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor - waits for the container's end, forwards signals, notices deaths */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/container.h"
#include "launcher/helper.h"

struct supervisor {
	int signal_fd;
};

/*
 * Blocks the signals that supervisor_run() forwards, so that none is lost from here on. Processes
 * that are forked later inherit the mask.
 */
bool supervisor_init(struct supervisor *supervisor, GError **error);
void supervisor_done(struct supervisor *supervisor);

/*
 * Forwards what came between supervisor_init() and the start of CMD, which did not get its
 * terminal's signals then.
 */
void supervisor_catch_up(const struct container *container);

/*
 * Runs the default main loop; returns when the container's first process has ended: *ret_status is
 * what to exit with. False when one of our own processes died first; *ret_status holds in that
 * case, too.
 */
bool supervisor_run(struct supervisor *supervisor, struct container *container,
		    struct helper *helper, int *ret_status, GError **error);
