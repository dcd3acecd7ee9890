/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line - what the relay's tests share: two peers with a relay between them */
#pragma once

#include <stdint.h>

#include "forwarder/relay.h"

/* Longest time to wait for an event, in microseconds. */
#define LINE_DEADLINE (60 * G_TIME_SPAN_SECOND)

/*
 * client -- [namespace_fd, relay, host_fd] -- server; the tests hold client and server, which are
 * blocking sockets. All functions end the test when something is not as it should be.
 */
struct line {
	int client;
	int server;
};

/*
 * Makes a TCP connection over loopback; the far end is non-blocking. receive_buffer is SO_RCVBUF of
 * the near end in bytes, 0: the default.
 */
void line_connect(int receive_buffer, int *ret_near, int *ret_far);

/* relay_add() of what nobody asks about. */
bool line_add(struct relay *relay, enum relay_origin origin, int namespace_fd, int host_fd);
/* Makes a line; receive_buffer is that of client and server. */
void line_open(struct line *line, struct relay *relay, int receive_buffer);
void line_close(struct line *line);
/* The line as seen from the other end. */
struct line line_mirror(struct line line);

struct relay *line_new_relay(unsigned n_threads);
struct relay_stats line_get_stats(const struct relay *relay);
/* Waits until the relay has n_active pairs: it ends a pair shortly after the peers could see it. */
void line_wait_for_active(const struct relay *relay, uint64_t n_active);
/* Open descriptors of this process. */
unsigned line_count_fds(void);

void line_send_text(int fd, const char *text);
void line_expect_text(int fd, const char *text);
void line_expect_eof(int fd);
void line_expect_reset(int fd);
/* A request, FIN, an answer behind it, FIN. */
void line_check_half_close(struct line line);
