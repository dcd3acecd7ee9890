/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_tcp_options - what accepted connections inherit, and their congestion control */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/tcp_options.h"
#include "src/autoclose.h"

struct connection {
	int listener, client, accepted;
};

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_no_errno(fd);
	return fd;
}

/* listener and client may have their options by now. */
static void connect_ends(struct connection *connection)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *name = (struct sockaddr *)&address;
	socklen_t size = sizeof(address);

	g_assert_no_errno(bind(connection->listener, name, size));
	g_assert_no_errno(listen(connection->listener, 1));
	g_assert_no_errno(getsockname(connection->listener, name, &size));
	g_assert_no_errno(connect(connection->client, name, size));
	connection->accepted = accept4(connection->listener, NULL, NULL, SOCK_CLOEXEC);
	g_assert_no_errno(connection->accepted);
}

static void close_ends(struct connection *connection)
{
	close_fd(&connection->listener);
	close_fd(&connection->client);
	close_fd(&connection->accepted);
}

static bool is_set(int fd, int level, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	g_assert_no_errno(getsockopt(fd, level, option, &value, &size));
	return value != 0;
}

static char *congestion_of(int fd)
{
	char name[TCP_CONGESTION_NAME_SIZE + 1] = "";
	socklen_t size = TCP_CONGESTION_NAME_SIZE;

	g_assert_no_errno(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
	return g_strdup(name);
}

static void check_options(int fd, bool for_host)
{
	g_assert_true(is_set(fd, IPPROTO_TCP, TCP_NODELAY));
	g_assert_true(is_set(fd, SOL_SOCKET, SO_OOBINLINE));
	g_assert_cmpint(is_set(fd, SOL_SOCKET, SO_KEEPALIVE), ==, for_host);
}

static void test_options(void)
{
	for (int for_host = 0; for_host < 2; for_host++) {
		struct connection connection = {new_socket(), new_socket(), -1};
		void (*set)(int) = for_host ? tcp_options_set_for_host : tcp_options_set;

		set(connection.listener);
		set(connection.client);
		connect_ends(&connection);
		check_options(connection.client, for_host);
		check_options(connection.accepted, for_host);
		close_ends(&connection);
	}
}

static void test_congestion(void)
{
	struct connection connection = {new_socket(), new_socket(), -1};
	struct tcp_congestion congestion;

	tcp_congestion_find(&congestion);
	g_autofree char *usual = congestion_of(connection.listener);
	g_assert_cmpstr(congestion.usual, ==, usual);
	const char *expected = congestion.local[0] ? congestion.local : usual;
	g_assert_true(g_str_equal(expected, "cubic") || g_str_equal(expected, "reno"));

	tcp_congestion_set_local(&congestion, connection.listener);
	tcp_congestion_set_local(&congestion, connection.client);
	connect_ends(&connection);
	g_autofree char *of_client = congestion_of(connection.client);
	g_assert_cmpstr(of_client, ==, expected);
	g_autofree char *inherited = congestion_of(connection.accepted);
	g_assert_cmpstr(inherited, ==, expected);

	tcp_congestion_set_usual(&congestion, connection.accepted);
	g_autofree char *undone = congestion_of(connection.accepted);
	g_assert_cmpstr(undone, ==, usual);
	close_ends(&connection);
}

/* Where nothing is known nothing is changed. */
static void test_no_choice(void)
{
	const struct tcp_congestion none = {.usual = "none"};
	autoclose int fd = new_socket();
	g_autofree char *before = congestion_of(fd);

	tcp_congestion_set_local(&none, fd);
	tcp_congestion_set_usual(&none, fd);
	g_autofree char *after = congestion_of(fd);
	g_assert_cmpstr(after, ==, before);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tcp-options/inherited", test_options);
	g_test_add_func("/tcp-options/congestion", test_congestion);
	g_test_add_func("/tcp-options/no-choice", test_no_choice);
	return g_test_run();
}
