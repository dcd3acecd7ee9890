/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_control_clients - clients of the control socket that ask too much, or are too many */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "tests/unit/server_fixture.h"

/* Sends requests until there is no room; returns how many have been sent. */
static unsigned send_all_it_takes(int fd)
{
	unsigned n_sent = 0;

	while (send(fd, SERVER_UNKNOWN "\n", strlen(SERVER_UNKNOWN "\n"), MSG_NOSIGNAL) > 0) {
		n_sent++;
		server_fixture_settle();
		g_assert_cmpuint(n_sent, <, 100000);
	}
	g_assert_cmpint(errno, ==, EAGAIN);
	return n_sent;
}

/* It is not heard until it reads; then it gets everything, in order. */
static void test_client_that_does_not_read(void)
{
	struct server_fixture server;
	unsigned n_replies = 0;
	bool ended;

	server_fixture_init(&server);
	autoclose int deaf = server_fixture_connect(&server);
	autoclose int other = server_fixture_connect(&server);
	unsigned n_sent = send_all_it_takes(deaf);
	server_fixture_send(other, SERVER_LIST "\n");
	server_fixture_expect(other, SERVER_EMPTY "\n");
	g_autofree char *text = server_fixture_receive(deaf, &ended);
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		n_replies++;
	g_assert_false(ended);
	g_assert_cmpuint(n_replies, ==, n_sent);
	server_fixture_send(deaf, SERVER_LIST "\n");
	server_fixture_expect(deaf, SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

/* Requests of one that come at once are executed between those of others. */
static void test_turns(void)
{
	struct server_fixture server;
	g_autoptr(GString) many = g_string_new(NULL);

	server_fixture_init(&server);
	autoclose int greedy = server_fixture_connect(&server);
	autoclose int other = server_fixture_connect(&server);
	for (int i = 0; i < 100; i++)
		g_string_append(many, SERVER_LIST "\n");
	g_assert_cmpint(send(greedy, many->str, many->len, 0), ==, (gssize)many->len);
	g_assert_cmpint(send(other, SERVER_LIST "\n", strlen(SERVER_LIST "\n"), 0), >, 0);
	for (int i = 0; i < 3; i++)
		g_main_context_iteration(NULL, FALSE);
	char text[128];
	g_assert_cmpint(recv(other, text, sizeof(text), 0), ==, (int)strlen(SERVER_EMPTY "\n"));
	server_fixture_done(&server);
}

#define CLIENTS_MAX 256
#define TOO_MANY                                                                                   \
	"{\"error\":{\"desc\":\"too many clients at once\",\"code\":\"EUSERS\",\"cure\":"          \
	"\"try again\"}}\n"

/* The oldest of those who never asked anything go, and are told why. */
static void test_too_many_clients(void)
{
	struct server_fixture server;
	int crowd[CLIENTS_MAX + 10];

	server_fixture_init(&server);
	autoclose int heard = server_fixture_connect(&server);
	server_fixture_send(heard, SERVER_LIST "\n");
	server_fixture_expect(heard, SERVER_EMPTY "\n");
	for (size_t i = 0; i < G_N_ELEMENTS(crowd); i++)
		crowd[i] = server_fixture_connect(&server);
	for (size_t i = 0; i < 11; i++)
		server_fixture_expect_end(crowd[i], TOO_MANY);
	for (size_t i = 11; i < G_N_ELEMENTS(crowd); i++)
		server_fixture_expect(crowd[i], "");
	server_fixture_send(heard, SERVER_LIST "\n");
	server_fixture_expect(heard, SERVER_EMPTY "\n");
	for (size_t i = 0; i < G_N_ELEMENTS(crowd); i++)
		close(crowd[i]);
	server_fixture_done(&server);
}

/* All of them together, with requests that never end, find less room than each would have. */
static void test_too_much_buffered(void)
{
	struct server_fixture server;
	g_autofree char *blanks = g_strnfill(60 * 1024, ' ');
	int crowd[CLIENTS_MAX];
	unsigned n_gone = 0;

	server_fixture_init(&server);
	for (size_t i = 0; i < G_N_ELEMENTS(crowd); i++) {
		crowd[i] = server_fixture_connect(&server);
		server_fixture_send(crowd[i], blanks);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(crowd); i++) {
		bool ended;
		g_autofree char *text = server_fixture_receive(crowd[i], &ended);
		n_gone += ended;
		close(crowd[i]);
	}
	g_assert_cmpuint(n_gone, >, 0);
	g_assert_cmpuint(n_gone, <, CLIENTS_MAX / 2);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, SERVER_LIST "\n");
	server_fixture_expect(fd, SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control_clients/client-that-does-not-read",
			test_client_that_does_not_read);
	g_test_add_func("/control_clients/turns", test_turns);
	g_test_add_func("/control_clients/too-many-clients", test_too_many_clients);
	g_test_add_func("/control_clients/too-much-buffered", test_too_much_buffered);
	return g_test_run();
}
