/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack - libslirp behind a narrow door: the only file that knows it */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/frame.h"
#include "forwarder/port_binding.h"
#include "src/link_config.h"

struct stack;

typedef void (*stack_send_frame)(const void *frame, size_t size, void *opaque);

struct stack_options {
	const struct link_config *link; /* must outlive the stack */
	stack_send_frame send_frame_to_tap;
	/*
	 * A client has come to a port with the PROXY protocol: client is its connection, and what
	 * is written to and read from stream, a socket, is what libslirp takes for it. Both are the
	 * callee's. May be NULL.
	 */
	void (*take_proxied)(unsigned proxy_version, int client, int stream, void *opaque);
	/*
	 * libslirp has made a socket for the frame that it was just given (stack_input()), and has
	 * neither connected it nor sent by it. False: it must not, and the command is told that the
	 * destination cannot be reached. May be NULL.
	 */
	bool (*prepare_socket)(int fd, void *opaque);
	void *opaque;
};

/*
 * Starts a stack in the thread-default main context. The gateway's address leads to the host's
 * loopback and the resolver's to the host's name server, at every port: the caller decides which
 * frames it lets in (policy.c).
 */
struct stack *stack_new(const struct stack_options *options, GError **error);
void stack_free(struct stack *stack);

/* One frame from the command; the stack copies it. */
void stack_input(struct stack *stack, const uint8_t *frame, size_t size);

/* Descriptors that it waits for, by far the most of them libslirp's sockets; as of the last turn.
 */
unsigned stack_count_polled(const struct stack *stack);

/*
 * Gives it the SYN of a connection that the host has made already, by host_fd, which becomes the
 * stack's: the stack uses it in place of a socket of its own. False, with nothing left of it, if it
 * does not take it.
 */
bool stack_connect(struct stack *stack, const struct frame *syn, int host_fd);

/* Drives stack and main context in one poll(2) until *running is false. */
void stack_run(struct stack *stack, const bool *running);

/* See struct port_backend. */
bool stack_publish(struct stack *stack, const struct port_binding *binding, GError **error);
void stack_unpublish(struct stack *stack, const struct port_binding *binding);

/* The newest version of its configuration that libslirp had when this was built. */
unsigned stack_config_version_max(void);

/* libslirp's version, e.g. "4.7.0". */
const char *stack_version(void);
