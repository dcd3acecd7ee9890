/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_socket - a unix socket in a TAP's place: each message is a frame */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* True for a socket of any kind; a TAP is none. */
bool frame_socket_is(int fd);

/*
 * Checks that a descriptor which somebody else has made is a connected unix socket that keeps the
 * boundaries of messages (SOCK_SEQPACKET, SOCK_DGRAM), and makes it non-blocking. Only the first
 * kind tells when its peer has gone.
 */
bool frame_socket_adopt(int fd, GError **error);
