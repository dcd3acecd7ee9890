/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status - how a process ended, as an exit status */
#pragma once

#include <glib.h>

/* The status of wait(2) as shells give it: the exit status, or 128+n after signal n. */
int status_to_exit(int wait_status);

/*
 * The same as a predicate: "was killed by signal 9 (Killed)", "ended with status 3". The caller
 * owns it.
 */
char *status_explain(int wait_status);
