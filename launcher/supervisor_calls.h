/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor_calls - the system calls that a supervisor makes: all others are its end */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Allows the calling process no system call (seccomp(2)) but those of a supervisor that has started
 * everything: it starts no process, makes no socket, and changes no namespace. One that connects
 * may do so to local sockets, by their paths. What else is called ends it by SIGSYS, when standard
 * error has got the name of the call. Needs no_new_privs.
 */
bool supervisor_calls_filter(bool connects, GError **error);
