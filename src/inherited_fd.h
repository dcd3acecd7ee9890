/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inherited_fd - descriptors that whoever started us has left open for us */
#pragma once

#include <glib.h>

/*
 * The descriptor that source names: its number, or its name in LISTEN_FDNAMES, if LISTEN_PID is
 * ours (sd_listen_fds(3)). It is close-on-exec from now on. -1 on error: EBADF, ENOENT, EEXIST (a
 * name of several).
 */
int inherited_fd_find(const char *source, GError **error);

/* Takes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES out of the environment: children get none. */
void inherited_fd_forget(void);
