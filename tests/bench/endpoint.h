/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint - the sockets of netbench: listen, connect, and exchange whole messages */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "tests/bench/netbench.h"

/*
 * Binds a non-blocking TCP listener and a non-blocking UDP socket to the same port of
 * options->address. *ret_port is that port.
 */
bool endpoint_listen(const struct netbench_options *options, int *ret_listener, int *ret_datagrams,
		     uint16_t *ret_port, GError **error);

/*
 * Connects a blocking TCP socket to the server, TCP_NODELAY set. Each of its calls fails with
 * EAGAIN after options->seconds + 5 s. Returns the descriptor or -1.
 */
int endpoint_connect(const struct netbench_options *options, GError **error);

/*
 * Starts to connect a non-blocking TCP socket. Returns the descriptor, whose connection may still
 * be pending or refused, or -1.
 */
int endpoint_connect_start(const struct netbench_options *options, GError **error);

/* Makes a non-blocking UDP socket whose peer is the server. Returns the descriptor or -1. */
int endpoint_connect_datagram(const struct netbench_options *options, GError **error);

/* Sends all of data over a blocking socket. */
bool endpoint_send(int socket, const void *data, size_t size, GError **error);

/* Receives exactly size bytes from a blocking socket; an early end is an error (EPIPE). */
bool endpoint_receive(int socket, void *buffer, size_t size, GError **error);
