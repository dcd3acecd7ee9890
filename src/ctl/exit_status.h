/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exit_status - what netns-ctl leaves with, when it is not the status of a command */
#pragma once

enum {
	EXIT_REQUEST = 1,
	EXIT_FAILURE_OF_OURS = 125, /* also for a wrong command line */
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
};
