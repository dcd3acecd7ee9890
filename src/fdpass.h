/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fdpass - messages with file descriptors over a SOCK_SEQPACKET unix socket (unix(7)) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <glib.h>

/* Most descriptors in one message; the kernel's own limit (SCM_MAX_FD) is 253. */
#define FDPASS_MAX_FDS 250
/* Largest message in bytes; well below the default SO_SNDBUF of 212992. */
#define FDPASS_MAX_BYTES (160 * 1024)

/* Makes a connected, close-on-exec SOCK_SEQPACKET pair. */
bool fdpass_socketpair(int ret_pair[2], GError **error);

/*
 * Sends one message of size bytes with n_fds descriptors, which stay the caller's. Blocks when the
 * socket does. MSG_NOSIGNAL: a closed peer is EPIPE.
 */
bool fdpass_send(int socket, const void *data, size_t size, const int *fds, size_t n_fds,
		 GError **error);

/*
 * Receives one message into buffer. Returns its size, 0 when the peer has closed, -1 on error; a
 * message that does not fit is an error (EMSGSIZE). Received descriptors are close-on-exec, are the
 * caller's and are stored in ret_fds (FDPASS_MAX_FDS places); *ret_n_fds counts them.
 */
ssize_t fdpass_receive(int socket, void *buffer, size_t size, int *ret_fds, size_t *ret_n_fds);
