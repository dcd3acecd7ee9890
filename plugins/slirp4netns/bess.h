/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bess - the socket at which User Mode Linux finds its network (--target-type=bess) */
#pragma once

#include <glib.h>

/*
 * Listens at path, in place of whatever socket or file was there, until a first client has
 * connected, and returns its socket of frames (link/frame_socket.h); -1 on error. The path is gone
 * then: there is no second client. ECANCELED when exit_fd, if it is set, is closed meanwhile.
 */
int bess_accept(const char *path, int exit_fd, GError **error);
