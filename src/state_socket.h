/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_socket - the sockets in the directory of a running container (unix(7)) */
#pragma once

#include <glib.h>

#include "src/state_dir.h"

enum state_socket {
	STATE_SOCKET_CONTROL,  /* DIR/control.sock, SOCK_STREAM: the forwarder's */
	STATE_SOCKET_LAUNCHER, /* DIR/launcher.sock, SOCK_SEQPACKET: the launcher's */
};

/*
 * Binds a socket of the container, mode 0600, and listens on it (non-blocking, close-on-exec).
 * Works with paths longer than sun_path by going through /proc/self/fd. Returns the socket, -1 on
 * error.
 */
int state_socket_listen(struct state_dir *dir, enum state_socket which, GError **error);

/*
 * Connects to a socket of a running container. Returns it (non-blocking, close-on-exec), -1 on
 * error (ENOENT: no such container, ECONNREFUSED: nobody listens, EOPNOTSUPP: the control socket
 * of a container without a network of its own).
 */
int state_socket_connect(const char *name, enum state_socket which, GError **error);
