/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_calls - the system calls that the forwarder makes: all others are its end */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Allows the calling process and its threads no system call (seccomp(2)) but those that moving
 * bytes, answering on the control socket and leaving take. Whatever else is called kills the
 * process (SIGSYS), after it has told at standard input, the hand-over socket, which call that was
 * (src/forbidden_call.h). Needs no_new_privs.
 */
bool sandbox_calls_filter(GError **error);
