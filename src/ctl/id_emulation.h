/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_emulation - lets programs believe that they have become another user */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * From here on setgroups, setuid, setgid and their relatives return 0 without effect, in the
 * calling process and whatever it executes. For programs that see themselves as root and want to be
 * less (tcpdump): in the user namespace of a container they cannot, and have no privilege to lose.
 * Needs CAP_SYS_ADMIN in the caller's user namespace: no_new_privs stays as it is. Source:
 * seccomp(2).
 */
bool id_emulation_start(GError **error);
