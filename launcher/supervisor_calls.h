/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor_calls - the system calls that a supervisor makes: all others are its end */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Allows the calling process no system call (seccomp(2)) but those of a supervisor that has started
 * everything: it starts no process, makes no socket but local ones, and changes no namespace. What
 * else is called ends it by SIGSYS, when standard error has got the name of the call. Needs
 * no_new_privs.
 */
bool supervisor_calls_filter(GError **error);
