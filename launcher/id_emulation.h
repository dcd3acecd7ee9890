/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_emulation - lets programs that drop root succeed where there is only one id */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * With a single-id map every uid and gid but 0 is unmapped, so programs that start as root and then
 * become a service user (tcpdump, apt's methods, many daemons) fail with EINVAL or EPERM, although
 * there is no privilege that they could drop. Installs a seccomp filter (seccomp(2)) in the calling
 * process that makes setgroups, setuid, setgid and their relatives return 0 without effect, as
 * charliecloud and apptainer's root emulation do. Needs CAP_SYS_ADMIN in
 * the caller's user namespace: no_new_privs stays as it is.
 */
bool id_emulation_install(GError **error);
