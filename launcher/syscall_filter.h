/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall_filter - the seccomp filter over everything in the container */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Installs a filter (seccomp(2)) in the calling process, for PID 1 to do before it starts CMD.
 * Needs CAP_SYS_ADMIN in the caller's user namespace: no_new_privs stays as it is.
 *
 * The terminal: TIOCSTI and TIOCLINUX, with which a command could type into the caller's shell,
 * fail with EPERM (CVE-2017-5226).
 *
 * emulate_ids: with a single-id map every uid and gid but 0 is unmapped, so programs that start as
 * root and then become a service user (tcpdump, apt's methods, many daemons) fail with EINVAL or
 * EPERM, although there is no privilege that they could drop. setgroups, setuid, setgid and their
 * relatives return 0 without effect, as in charliecloud's and apptainer's root emulation.
 */
bool syscall_filter_install(bool emulate_ids, GError **error);
