/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_control_server - connections to the control socket: framing, bounds, strangers */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "src/autoclose.h"
#include "tests/unit/server_fixture.h"

#define TOO_LARGE "bad request: too large message"

static void test_lines(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, SERVER_LIST "\n");
	server_fixture_expect(fd, SERVER_EMPTY "\n");
	server_fixture_send(fd, SERVER_LIST "\r\n\n  \n" SERVER_LIST "\n" SERVER_LIST);
	server_fixture_expect(fd, SERVER_EMPTY "\n" SERVER_EMPTY "\n");
	server_fixture_send(fd, "\n");
	server_fixture_expect(fd, SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

static void test_shutdown_framing(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, SERVER_LIST);
	server_fixture_expect(fd, "");
	shutdown(fd, SHUT_WR);
	server_fixture_expect_end(fd, SERVER_EMPTY);
	server_fixture_done(&server);
}

/* A line, then a request without one: each gets the framing that it came with. */
static void test_mixed_framing(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, SERVER_LIST "\n" SERVER_LIST);
	shutdown(fd, SHUT_WR);
	server_fixture_expect_end(fd, SERVER_EMPTY "\n" SERVER_EMPTY);
	server_fixture_done(&server);
}

static void test_shutdown_without_request(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, " \n\t");
	shutdown(fd, SHUT_WR);
	server_fixture_expect_end(fd, "");
	server_fixture_done(&server);
}

static void test_byte_by_byte(void)
{
	static const char text[] = SERVER_LIST "\n";
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		server_fixture_expect(fd, "");
		server_fixture_send(fd, (char[]){text[i], '\0'});
	}
	server_fixture_expect(fd, SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

/* Newlines, braces and quotes inside of an object do not end it. */
static void test_multi_line(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, "{\n  \"x\": \"}\\\"}\",\n  \"y\": {\n  },\n");
	server_fixture_expect(fd, "");
	server_fixture_send(fd, "  \"execute\": \"list_hostfwd\"\n}\n" SERVER_LIST "\n");
	server_fixture_expect(fd, SERVER_EMPTY "\n" SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

/* What is no JSON ends at its newline, and the next request is read as if nothing had been. */
static void test_garbage_line(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, "\"}}}\n" SERVER_LIST "\n");
	server_fixture_expect(fd, "{\"error\":{\"desc\":\"bad request: cannot parse JSON\","
				  "\"code\":\"EINVAL\"}}\n" SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

/* slirp4netns's clients may neither end their line nor shut their side down. */
static void test_once(void)
{
	static const char *const requests[] = {
		SERVER_LIST,
		SERVER_LIST "\n",
		" \n" SERVER_LIST SERVER_LIST "\n",
	};
	struct server_fixture server;

	server_fixture_init_once(&server);
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		autoclose int fd = server_fixture_connect(&server);
		server_fixture_send(fd, requests[i]);
		server_fixture_expect_end(fd, SERVER_EMPTY);
	}
	autoclose int slow = server_fixture_connect(&server);
	server_fixture_send(slow, "{\"execute\":\n");
	server_fixture_expect(slow, "");
	server_fixture_send(slow, "\"list_hostfwd\"}");
	server_fixture_expect_end(slow, SERVER_EMPTY);
	autoclose int garbage = server_fixture_connect(&server);
	server_fixture_send(garbage, "hello");
	server_fixture_expect_end(garbage, "{\"error\":{\"desc\":\"bad request: cannot parse "
					   "JSON\",\"code\":\"EINVAL\"}}");
	server_fixture_done(&server);
}

static void test_silent_client(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int silent = server_fixture_connect(&server);
	autoclose int other = server_fixture_connect(&server);
	server_fixture_send(silent, "{\"execute\":");
	server_fixture_send(other, SERVER_LIST "\n");
	server_fixture_expect(other, SERVER_EMPTY "\n");
	server_fixture_send(silent, "\"list_hostfwd\"}\n");
	server_fixture_expect(silent, SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

static void test_vanishing_clients(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	for (int i = 0; i < 100; i++) {
		int fd = server_fixture_connect(&server);
		if (i % 2)
			server_fixture_send(fd, SERVER_LIST "\n{");
		close(fd);
	}
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, SERVER_LIST "\n");
	server_fixture_expect(fd, SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

/* Sends text over and over. True when the server has dropped the client within `most` bytes. */
static bool flood(int fd, const char *text, size_t most)
{
	for (size_t sent = 0; sent < most;) {
		ssize_t size = send(fd, text, strlen(text), MSG_NOSIGNAL);
		if (size < 0 && errno != EAGAIN)
			return true;
		server_fixture_settle();
		sent += size > 0 ? (size_t)size : 1;
	}
	return false;
}

static void test_oversized(void)
{
	struct server_fixture server;
	g_autofree char *block = g_strnfill(4096, 'x');
	bool ended;

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	g_assert_true(flood(fd, block, 1024 * 1024));
	g_autofree char *reply = server_fixture_receive(fd, &ended);
	g_assert_nonnull(strstr(reply, TOO_LARGE));
	g_assert_true(ended);
	server_fixture_done(&server);
}

static void test_large_but_allowed(void)
{
	struct server_fixture server;
	g_autofree char *blanks = g_strnfill(60 * 1024, ' ');

	server_fixture_init(&server);
	autoclose int fd = server_fixture_connect(&server);
	server_fixture_send(fd, blanks);
	server_fixture_send(fd, SERVER_LIST "\n");
	server_fixture_expect(fd, SERVER_EMPTY "\n");
	server_fixture_done(&server);
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

/* The reserve's, too, for good. */
static void lower_hard_limit(void)
{
	struct rlimit limit;

	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	limit.rlim_max = limit.rlim_cur;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
}

/* Without a pause server_fixture_settle() would never end; without its end the client would never
 * be served. */
static void test_out_of_descriptors(void)
{
	struct server_fixture server;
	int spare[4];
	char byte;

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, 0);
		g_test_trap_assert_passed();
		return;
	}
	server_fixture_init(&server);
	const struct sockaddr_un address = server_fixture_address(&server);
	autoclose int early = server_fixture_connect(&server);
	autoclose int late = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(spare); i++)
		spare[i] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	take_all_descriptors();
	lower_hard_limit();
	g_assert_cmpint(connect(late, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	server_fixture_send(late, SERVER_LIST "\n");
	server_fixture_send(early, SERVER_LIST "\n");
	server_fixture_expect(early, SERVER_EMPTY "\n");
	server_fixture_expect(late, "");
	for (size_t i = 0; i < G_N_ELEMENTS(spare); i++)
		close(spare[i]);
	while (recv(late, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN)
		g_main_context_iteration(NULL, TRUE);
	server_fixture_expect(late, SERVER_EMPTY "\n");
	server_fixture_done(&server);
}

/* Whoever can make the server open descriptors cannot make it deaf. */
static void test_reserve(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	const struct sockaddr_un address = server_fixture_address(&server);
	autoclose int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct rlimit old = take_all_descriptors();
	g_assert_cmpint(connect(client, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	server_fixture_send(client, SERVER_LIST "\n");
	server_fixture_expect(client, SERVER_EMPTY "\n");
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &old), ==, 0);
	server_fixture_done(&server);
}

static void test_stranger(void)
{
	struct server_fixture server;

	if (geteuid() != 0) {
		g_test_skip("only root can be somebody else for a moment");
		return;
	}
	server_fixture_init(&server);
	g_assert_cmpint(chmod(server.dir, 0711) + chmod(server.path, 0666), ==, 0);
	g_assert_cmpint(seteuid(65534), ==, 0);
	const struct sockaddr_un address = server_fixture_address(&server);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int connected = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	g_assert_cmpint(seteuid(0), ==, 0);
	g_assert_cmpint(connected, ==, 0);
	server_fixture_expect_end(fd, "");
	server_fixture_done(&server);
}

/* Clients that are still there when the server ends see the end. */
static void test_free(void)
{
	struct server_fixture server;

	server_fixture_init(&server);
	autoclose int idle = server_fixture_connect(&server);
	autoclose int busy = server_fixture_connect(&server);
	server_fixture_send(busy, "{\"execute\"");
	server_fixture_done(&server);
	server_fixture_expect_end(idle, "");
	server_fixture_expect_end(busy, "");
	control_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control_server/lines", test_lines);
	g_test_add_func("/control_server/once", test_once);
	g_test_add_func("/control_server/shutdown-framing", test_shutdown_framing);
	g_test_add_func("/control_server/mixed-framing", test_mixed_framing);
	g_test_add_func("/control_server/shutdown-without-request", test_shutdown_without_request);
	g_test_add_func("/control_server/byte-by-byte", test_byte_by_byte);
	g_test_add_func("/control_server/multi-line", test_multi_line);
	g_test_add_func("/control_server/garbage-line", test_garbage_line);
	g_test_add_func("/control_server/silent-client", test_silent_client);
	g_test_add_func("/control_server/vanishing-clients", test_vanishing_clients);
	g_test_add_func("/control_server/oversized", test_oversized);
	g_test_add_func("/control_server/large-but-allowed", test_large_but_allowed);
	g_test_add_func("/control_server/out-of-descriptors", test_out_of_descriptors);
	g_test_add_func("/control_server/reserve", test_reserve);
	g_test_add_func("/control_server/stranger", test_stranger);
	g_test_add_func("/control_server/free", test_free);
	return g_test_run();
}
