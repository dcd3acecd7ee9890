/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_control_server - connections to the control socket: framing, bounds, strangers
 *
 * How it works
 *
 * Server and clients are one thread. What a client sends is there at once, so settle() lets the
 * server do all that it can, and after that a client's recv(2) finds what it will ever find.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "src/autoclose.h"
#include "tests/unit/control_fixture.h"

#define LIST	  "{\"execute\":\"list_hostfwd\"}"
#define EMPTY	  "{\"return\":{\"entries\":[]},\"entries\":[]}"
#define UNKNOWN	  "{\"execute\":\"x\"}"
#define TOO_LARGE "bad request: too large message"

struct server {
	struct control_fixture fixture;
	struct watch *watch;
	struct control *control;
	char *dir, *path;
};

static struct sockaddr_un address_of(const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	g_strlcpy(address.sun_path, server->path, sizeof(address.sun_path));
	return address;
}

static void server_init(struct server *server)
{
	control_fixture_init(&server->fixture);
	server->dir = g_dir_make_tmp("test_control-XXXXXX", NULL);
	server->path = g_build_filename(server->dir, "sock", NULL);
	const struct sockaddr_un address = address_of(server);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(fd, 16), ==, 0);
	server->watch = watch_new(NULL);
	g_assert_nonnull(server->watch);
	server->control = control_new(fd, &server->fixture.context, server->watch);
}

static void server_done(struct server *server)
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
static void settle(void)
{
	unsigned rounds = 0;

	while (g_main_context_iteration(NULL, FALSE))
		g_assert_cmpuint(++rounds, <, 100000);
}

static int connect_to(const struct server *server)
{
	const struct sockaddr_un address = address_of(server);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	settle();
	return fd;
}

static void send_text(int fd, const char *text)
{
	g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (ssize_t)strlen(text));
	settle();
}

/* All that has arrived. *ret_ended tells whether the server has closed. */
static char *receive_text(int fd, bool *ret_ended)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];
	ssize_t size;

	settle();
	while ((size = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		g_string_append_len(text, buffer, size);
		settle();
	}
	*ret_ended = size == 0 || errno != EAGAIN;
	return g_string_free(text, FALSE);
}

static void expect_text(int fd, const char *expected)
{
	bool ended;
	g_autofree char *text = receive_text(fd, &ended);

	g_assert_cmpstr(text, ==, expected);
	g_assert_false(ended);
}

static void expect_text_and_end(int fd, const char *expected)
{
	bool ended;
	g_autofree char *text = receive_text(fd, &ended);

	g_assert_cmpstr(text, ==, expected);
	g_assert_true(ended);
}

static void test_lines(void)
{
	struct server server;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	send_text(fd, LIST "\n");
	expect_text(fd, EMPTY "\n");
	send_text(fd, LIST "\r\n\n  \n" LIST "\n" LIST);
	expect_text(fd, EMPTY "\n" EMPTY "\n");
	send_text(fd, "\n");
	expect_text(fd, EMPTY "\n");
	server_done(&server);
}

static void test_shutdown_framing(void)
{
	struct server server;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	send_text(fd, LIST);
	expect_text(fd, "");
	shutdown(fd, SHUT_WR);
	expect_text_and_end(fd, EMPTY);
	server_done(&server);
}

/* A line, then a request without one: each gets the framing that it came with. */
static void test_mixed_framing(void)
{
	struct server server;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	send_text(fd, LIST "\n" LIST);
	shutdown(fd, SHUT_WR);
	expect_text_and_end(fd, EMPTY "\n" EMPTY);
	server_done(&server);
}

static void test_shutdown_without_request(void)
{
	struct server server;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	send_text(fd, " \n\t");
	shutdown(fd, SHUT_WR);
	expect_text_and_end(fd, "");
	server_done(&server);
}

static void test_byte_by_byte(void)
{
	static const char text[] = LIST "\n";
	struct server server;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		expect_text(fd, "");
		send_text(fd, (char[]){text[i], '\0'});
	}
	expect_text(fd, EMPTY "\n");
	server_done(&server);
}

/* Newlines, braces and quotes inside of an object do not end it. */
static void test_multi_line(void)
{
	struct server server;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	send_text(fd, "{\n  \"x\": \"}\\\"}\",\n  \"y\": {\n  },\n");
	expect_text(fd, "");
	send_text(fd, "  \"execute\": \"list_hostfwd\"\n}\n" LIST "\n");
	expect_text(fd, EMPTY "\n" EMPTY "\n");
	server_done(&server);
}

/* What is no JSON ends at its newline, and the next request is read as if nothing had been. */
static void test_garbage_line(void)
{
	struct server server;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	send_text(fd, "\"}}}\n" LIST "\n");
	expect_text(fd, "{\"error\":{\"desc\":\"bad request: cannot parse JSON\","
			"\"code\":\"EINVAL\"}}\n" EMPTY "\n");
	server_done(&server);
}

static void test_silent_client(void)
{
	struct server server;

	server_init(&server);
	autoclose int silent = connect_to(&server);
	autoclose int other = connect_to(&server);
	send_text(silent, "{\"execute\":");
	send_text(other, LIST "\n");
	expect_text(other, EMPTY "\n");
	send_text(silent, "\"list_hostfwd\"}\n");
	expect_text(silent, EMPTY "\n");
	server_done(&server);
}

static void test_vanishing_clients(void)
{
	struct server server;

	server_init(&server);
	for (int i = 0; i < 100; i++) {
		int fd = connect_to(&server);
		if (i % 2)
			send_text(fd, LIST "\n{");
		close(fd);
	}
	autoclose int fd = connect_to(&server);
	send_text(fd, LIST "\n");
	expect_text(fd, EMPTY "\n");
	server_done(&server);
}

/* Sends text over and over. True when the server has dropped the client within `most` bytes. */
static bool flood(int fd, const char *text, size_t most)
{
	for (size_t sent = 0; sent < most;) {
		ssize_t size = send(fd, text, strlen(text), MSG_NOSIGNAL);
		if (size < 0 && errno != EAGAIN)
			return true;
		settle();
		sent += size > 0 ? (size_t)size : 1;
	}
	return false;
}

static void test_client_that_does_not_read(void)
{
	struct server server;

	server_init(&server);
	autoclose int deaf = connect_to(&server);
	autoclose int other = connect_to(&server);
	g_assert_true(flood(deaf, UNKNOWN "\n" UNKNOWN "\n" UNKNOWN "\n", 16 * 1024 * 1024));
	send_text(other, LIST "\n");
	expect_text(other, EMPTY "\n");
	server_done(&server);
}

/* Slow is not deaf: everything that fits into the bound arrives, in order. */
static void test_slow_reader(void)
{
	struct server server;
	const unsigned n_requests = 8000;
	unsigned n_replies = 0;
	bool ended;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	for (unsigned i = 0; i < n_requests; i++)
		send_text(fd, UNKNOWN "\n");
	g_autofree char *text = receive_text(fd, &ended);
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		n_replies++;
	g_assert_false(ended);
	g_assert_cmpuint(n_replies, ==, n_requests);
	server_done(&server);
}

static void test_oversized(void)
{
	struct server server;
	g_autofree char *block = g_strnfill(4096, 'x');
	bool ended;

	server_init(&server);
	autoclose int fd = connect_to(&server);
	g_assert_true(flood(fd, block, 1024 * 1024));
	g_autofree char *reply = receive_text(fd, &ended);
	g_assert_nonnull(strstr(reply, TOO_LARGE));
	g_assert_true(ended);
	server_done(&server);
}

static void test_large_but_allowed(void)
{
	struct server server;
	g_autofree char *blanks = g_strnfill(60 * 1024, ' ');

	server_init(&server);
	autoclose int fd = connect_to(&server);
	send_text(fd, blanks);
	send_text(fd, LIST "\n");
	expect_text(fd, EMPTY "\n");
	server_done(&server);
}

/* Makes the next descriptor fail with EMFILE; returns the limit that was. */
static struct rlimit take_all_descriptors(void)
{
	struct rlimit old, none;
	int next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	close(next);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &old), ==, 0);
	none = old;
	none.rlim_cur = (rlim_t)next;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
	return old;
}

/* Without a pause settle() would never end; without its end the client would never be served. */
static void test_out_of_descriptors(void)
{
	struct server server;
	char byte;

	server_init(&server);
	const struct sockaddr_un address = address_of(&server);
	autoclose int early = connect_to(&server);
	autoclose int late = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct rlimit old = take_all_descriptors();
	g_assert_cmpint(connect(late, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	send_text(late, LIST "\n");
	send_text(early, LIST "\n");
	expect_text(early, EMPTY "\n");
	expect_text(late, "");
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &old), ==, 0);
	while (recv(late, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN)
		g_main_context_iteration(NULL, TRUE);
	expect_text(late, EMPTY "\n");
	server_done(&server);
}

static void test_stranger(void)
{
	struct server server;

	if (geteuid() != 0) {
		g_test_skip("only root can be somebody else for a moment");
		return;
	}
	server_init(&server);
	g_assert_cmpint(chmod(server.dir, 0711) + chmod(server.path, 0666), ==, 0);
	g_assert_cmpint(seteuid(65534), ==, 0);
	const struct sockaddr_un address = address_of(&server);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int connected = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	g_assert_cmpint(seteuid(0), ==, 0);
	g_assert_cmpint(connected, ==, 0);
	expect_text_and_end(fd, "");
	server_done(&server);
}

/* Clients that are still there when the server ends see the end. */
static void test_free(void)
{
	struct server server;

	server_init(&server);
	autoclose int idle = connect_to(&server);
	autoclose int busy = connect_to(&server);
	send_text(busy, "{\"execute\"");
	server_done(&server);
	expect_text_and_end(idle, "");
	expect_text_and_end(busy, "");
	control_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control_server/lines", test_lines);
	g_test_add_func("/control_server/shutdown-framing", test_shutdown_framing);
	g_test_add_func("/control_server/mixed-framing", test_mixed_framing);
	g_test_add_func("/control_server/shutdown-without-request", test_shutdown_without_request);
	g_test_add_func("/control_server/byte-by-byte", test_byte_by_byte);
	g_test_add_func("/control_server/multi-line", test_multi_line);
	g_test_add_func("/control_server/garbage-line", test_garbage_line);
	g_test_add_func("/control_server/silent-client", test_silent_client);
	g_test_add_func("/control_server/vanishing-clients", test_vanishing_clients);
	g_test_add_func("/control_server/client-that-does-not-read",
			test_client_that_does_not_read);
	g_test_add_func("/control_server/slow-reader", test_slow_reader);
	g_test_add_func("/control_server/oversized", test_oversized);
	g_test_add_func("/control_server/large-but-allowed", test_large_but_allowed);
	g_test_add_func("/control_server/out-of-descriptors", test_out_of_descriptors);
	g_test_add_func("/control_server/stranger", test_stranger);
	g_test_add_func("/control_server/free", test_free);
	return g_test_run();
}
