/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener - accepts connections, and rests while descriptors have run out */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include <glib.h>

#include "forwarder/watch.h"

struct listener;

/*
 * Called for each accepted connection with its non-blocking, close-on-exec descriptor, which
 * becomes the handler's, and the peer's address. Must not free the listener.
 */
typedef void (*listener_handler)(int fd, const struct sockaddr *peer, void *opaque);

/*
 * Accepts from a listening, non-blocking stream socket, which becomes the listener's. When
 * descriptors or memory run out (EMFILE, ENFILE, ENOBUFS, ENOMEM) connections stay in the backlog
 * for a moment. NULL with errno set when the socket cannot be watched; it is then closed.
 */
struct listener *listener_new(struct watch *watch, int fd, listener_handler handler, void *opaque);
/* The same with a socket that stays the caller's, and must stay open until listener_free(). */
struct listener *listener_new_borrowed(struct watch *watch, int fd, listener_handler handler,
				       void *opaque);
/* Connections to this one may take of the reserve (src/descriptor_limit.h), as may the handler. */
void listener_open_reserve(struct listener *listener);
/* While paused, connections wait in the kernel's backlog. */
void listener_pause(struct listener *listener, bool is_paused);
void listener_free(struct listener *listener);
