/* SPDX-License-Identifier: GPL-2.0-or-later */
/* successor - what the next forwarder is to start with, as the one that runs has told */
#pragma once

#include <stddef.h>

#include "src/handoff.h"
#include "src/json.h"

struct successor {
	struct handoff_start *start;
	int *fds; /* HANDOFF_N_FDS of them: start's own are only copied from here */
};

/*
 * Takes what a notice (src/notice.h) says of rules and limits into the start message; a descriptor
 * that it keeps is -1 afterwards. Ports are for the caller (port_set_change()).
 */
void successor_take_notice(const struct successor *successor, const char *kind, JsonObject *notice,
			   int *fds, size_t n_fds);
