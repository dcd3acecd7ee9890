/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_proxy_header - headers of both versions, byte by byte */
#include "forwarder/proxy_header.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/address.h"
#include "src/autoclose.h"

/* A connection over the host's loopback, as the one who has accepted it sees it. */
struct connection {
	int listener, client, accepted;
	uint16_t client_port, port;
};

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	struct ip_address unused;
	uint16_t port;

	g_assert_no_errno(getsockname(fd, (struct sockaddr *)&address, &size));
	g_assert_true(ip_address_from_sockaddr((struct sockaddr *)&address, &unused, &port));
	return port;
}

static struct connection connect_loopback(const char *listen_at, const char *connect_to)
{
	struct connection connection;
	struct ip_address at, to;
	struct sockaddr_storage address;
	const int off = 0;

	g_assert_true(ip_address_parse(listen_at, &at, NULL));
	g_assert_true(ip_address_parse(connect_to, &to, NULL));
	connection.listener = socket(at.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (at.family == AF_INET6)
		g_assert_no_errno(setsockopt(connection.listener, IPPROTO_IPV6, IPV6_V6ONLY, &off,
					     sizeof(off)));
	socklen_t size = ip_address_to_sockaddr(&at, 0, &address);
	g_assert_no_errno(bind(connection.listener, (struct sockaddr *)&address, size));
	g_assert_no_errno(listen(connection.listener, 1));
	connection.port = port_of(connection.listener);
	connection.client = socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size = ip_address_to_sockaddr(&to, connection.port, &address);
	g_assert_no_errno(connect(connection.client, (struct sockaddr *)&address, size));
	connection.client_port = port_of(connection.client);
	connection.accepted = accept(connection.listener, NULL, NULL);
	g_assert_cmpint(connection.accepted, >=, 0);
	return connection;
}

static void close_connection(const struct connection *connection)
{
	close(connection->listener);
	close(connection->client);
	close(connection->accepted);
}

static void check_v1(const char *listen_at, const char *connect_to, const char *family)
{
	struct connection connection = connect_loopback(listen_at, connect_to);
	uint8_t buffer[PROXY_HEADER_SIZE];
	size_t size = proxy_header_build(1, connection.accepted, buffer);
	g_autofree char *expected =
		g_strdup_printf("PROXY %s %s %s %u %u\r\n", family, connect_to, connect_to,
				connection.client_port, connection.port);

	g_assert_cmpmem(buffer, size, expected, strlen(expected));
	close_connection(&connection);
}

static void test_v1(void)
{
	check_v1("127.0.0.1", "127.0.0.1", "TCP4");
	check_v1("::1", "::1", "TCP6");
	check_v1("::", "127.0.0.1", "TCP4");
	check_v1("::", "::1", "TCP6");
}

static void check_v2(const char *listen_at, const char *connect_to)
{
	struct connection connection = connect_loopback(listen_at, connect_to);
	uint8_t buffer[PROXY_HEADER_SIZE];
	size_t size = proxy_header_build(2, connection.accepted, buffer);
	struct ip_address address;

	g_assert_true(ip_address_parse(connect_to, &address, NULL));
	size_t length = address.family == AF_INET ? 4 : 16;
	g_assert_cmpuint(size, ==, 16 + 2 * length + 4);
	g_assert_cmpmem(buffer, 12, "\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A", 12);
	g_assert_cmphex(buffer[12], ==, 0x21);
	g_assert_cmphex(buffer[13], ==, length == 4 ? 0x11 : 0x21);
	g_assert_cmpuint(buffer[14] << 8 | buffer[15], ==, 2 * length + 4);
	g_assert_cmpmem(buffer + 16, length, address.bytes, length);
	g_assert_cmpmem(buffer + 16 + length, length, address.bytes, length);
	const uint8_t *ports = buffer + 16 + 2 * length;
	g_assert_cmpuint(ports[0] << 8 | ports[1], ==, connection.client_port);
	g_assert_cmpuint(ports[2] << 8 | ports[3], ==, connection.port);
	close_connection(&connection);
}

static void test_v2(void)
{
	check_v2("127.0.0.1", "127.0.0.1");
	check_v2("::1", "::1");
	check_v2("::", "127.0.0.1");
}

static void test_send(void)
{
	struct connection connection = connect_loopback("127.0.0.1", "127.0.0.1");
	uint8_t expected[PROXY_HEADER_SIZE], received[PROXY_HEADER_SIZE];
	size_t size = proxy_header_build(2, connection.accepted, expected);
	int pair[2];

	g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	g_assert_true(proxy_header_send(2, connection.accepted, pair[0]));
	ssize_t got = recv(pair[1], received, sizeof(received), MSG_DONTWAIT);
	g_assert_cmpmem(received, got, expected, size);
	close(pair[1]);
	g_assert_false(proxy_header_send(1, connection.accepted, pair[0]));
	g_assert_cmpint(errno, ==, EPIPE);
	close(pair[0]);
	close_connection(&connection);
}

static void test_no_connection(void)
{
	autoclose int bare = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint8_t buffer[PROXY_HEADER_SIZE];

	g_assert_cmpuint(proxy_header_build(1, bare, buffer), ==, 0);
	g_assert_cmpint(errno, ==, ENOTCONN);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proxy-header/v1", test_v1);
	g_test_add_func("/proxy-header/v2", test_v2);
	g_test_add_func("/proxy-header/send", test_send);
	g_test_add_func("/proxy-header/no-connection", test_no_connection);
	return g_test_run();
}
