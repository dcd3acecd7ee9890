/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_pool - transparent sockets of the gateway namespace, in stock */
#pragma once

#include <glib.h>

#include "forwarder/watch.h"

struct socket_pool;

/* Called when sockets have arrived after socket_pool_take() had none. */
typedef void (*socket_pool_handler)(void *opaque);

/*
 * Asks the namespace agent (src/agent_protocol.h) at agent_fd, which becomes the pool's, for
 * sockets ahead of need, without ever waiting for it. witness_fd is a socket known to be in the
 * gateway namespace: what the agent sends is closed unless family and type are right, and the
 * namespace where the kernel can tell (Linux 5.14).
 */
struct socket_pool *socket_pool_new(struct watch *watch, int agent_fd, int witness_fd,
				    socket_pool_handler handler, void *opaque);
void socket_pool_free(struct socket_pool *pool);

/*
 * Takes one socket of AF_INET or AF_INET6 and SOCK_STREAM or SOCK_DGRAM, which becomes the
 * caller's; -1 when there is none now: the handler will be called.
 */
int socket_pool_take(struct socket_pool *pool, int family, int type);
