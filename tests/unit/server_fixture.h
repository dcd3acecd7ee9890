/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server_fixture - a control server and its clients in one thread */
#pragma once

#include <stdbool.h>
#include <sys/un.h>

#include <glib.h>

#include "tests/unit/control_fixture.h"

/*
 * How it works
 *
 * What a client sends is there at once, so server_fixture_settle() lets the server do all that it
 * can, and after that a client's recv(2) finds what it will ever find.
 */
struct server_fixture {
	struct control_fixture fixture;
	struct watch *watch;
	struct control *control;
	char *dir, *path;
};

#define SERVER_LIST    "{\"execute\":\"list_hostfwd\"}"
#define SERVER_EMPTY   "{\"return\":{\"entries\":[]},\"entries\":[]}"
#define SERVER_UNKNOWN "{\"execute\":\"x\"}"

struct sockaddr_un server_fixture_address(const struct server_fixture *server);
void server_fixture_init(struct server_fixture *server);
/* One that serves one request a connection, as slirp4netns does. */
void server_fixture_init_once(struct server_fixture *server);
void server_fixture_done(struct server_fixture *server);

/* Lets the server work until it waits; a server that spins fails. */
void server_fixture_settle(void);

/* A new client, non-blocking, the caller's. */
int server_fixture_connect(const struct server_fixture *server);

/* Sends the whole text, and settles. */
void server_fixture_send(int fd, const char *text);

/* All that has arrived; the caller owns it. *ret_ended tells whether the server has closed. */
char *server_fixture_receive(int fd, bool *ret_ended);

/* Fails unless this is what has arrived, and the connection is open, or over. */
void server_fixture_expect(int fd, const char *expected);
/* See above. */
void server_fixture_expect_end(int fd, const char *expected);
