/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server_fixture - a control server and its clients in one thread */
#include "tests/unit/server_fixture.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

struct sockaddr_un server_fixture_address(const struct server_fixture *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	g_strlcpy(address.sun_path, server->path, sizeof(address.sun_path));
	return address;
}

static void init(struct server_fixture *server, bool once)
{
	control_fixture_init(&server->fixture);
	server->fixture.context.once = once;
	server->dir = g_dir_make_tmp("test_control-XXXXXX", NULL);
	server->path = g_build_filename(server->dir, "sock", NULL);
	const struct sockaddr_un address = server_fixture_address(server);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(fd, 16), ==, 0);
	server->watch = watch_new(NULL);
	g_assert_nonnull(server->watch);
	server->control = control_new(fd, &server->fixture.context, server->watch);
}

void server_fixture_init(struct server_fixture *server)
{
	init(server, false);
}

void server_fixture_init_once(struct server_fixture *server)
{
	init(server, true);
}

void server_fixture_done(struct server_fixture *server)
{
	control_free(server->control);
	watch_free(server->watch);
	control_fixture_done(&server->fixture);
	g_unlink(server->path);
	g_rmdir(server->dir);
	g_free(server->path);
	g_free(server->dir);
}

/* Lets the server work until it waits; a server that spins fails. */
void server_fixture_settle(void)
{
	unsigned rounds = 0;

	while (g_main_context_iteration(NULL, FALSE))
		g_assert_cmpuint(++rounds, <, 100000);
}

int server_fixture_connect(const struct server_fixture *server)
{
	const struct sockaddr_un address = server_fixture_address(server);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	server_fixture_settle();
	return fd;
}

void server_fixture_send(int fd, const char *text)
{
	g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (ssize_t)strlen(text));
	server_fixture_settle();
}

/* All that has arrived. *ret_ended tells whether the server has closed. */
char *server_fixture_receive(int fd, bool *ret_ended)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];
	ssize_t size;

	server_fixture_settle();
	while ((size = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		g_string_append_len(text, buffer, size);
		server_fixture_settle();
	}
	*ret_ended = size == 0 || errno != EAGAIN;
	return g_string_free(text, FALSE);
}

void server_fixture_expect(int fd, const char *expected)
{
	bool ended;
	g_autofree char *text = server_fixture_receive(fd, &ended);

	g_assert_cmpstr(text, ==, expected);
	g_assert_false(ended);
}

void server_fixture_expect_end(int fd, const char *expected)
{
	bool ended;
	g_autofree char *text = server_fixture_receive(fd, &ended);

	g_assert_cmpstr(text, ==, expected);
	g_assert_true(ended);
}
