/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_abort - ends the connections of a container whose other end is gone (sock_diag(7)) */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "src/link_config.h"

/* The namespaces of a container; {-1, -1}: not opened. */
struct tcp_abort {
	int user, network;
};

/* Opens them, while the container's PID 1 lets us: before its command runs. */
bool tcp_abort_init(struct tcp_abort *abort, pid_t child, GError **error);
void tcp_abort_done(struct tcp_abort *abort);

/*
 * Ends the established TCP connections that go over the link, as if their peers had reset them:
 * programs that wait for data get ECONNABORTED now, not after hours. For a tap link, where the
 * other ends were in the memory of a forwarder that is gone; on a gateway link the kernel has
 * closed them.
 *
 * Waits until it is done. A kernel without CONFIG_INET_DIAG_DESTROY lets them learn it when they
 * send next. Does nothing where the namespaces are not open.
 */
void tcp_abort_connections(const struct tcp_abort *abort, const struct link_config *link);
