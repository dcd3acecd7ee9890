/* SPDX-License-Identifier: GPL-2.0-or-later */
/* api_socket - the sockets of slirp4netns: that of its API, and User Mode Linux's */
#pragma once

#include <glib.h>

/*
 * Listens at path with a socket of type (SOCK_STREAM, SOCK_SEQPACKET), in place of whatever socket
 * or file was there; -1 on error. The socket is non-blocking and its owner's alone.
 */
int api_socket_listen(const char *path, int type, GError **error);
