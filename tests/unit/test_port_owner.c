/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_port_owner - who holds a port: ourselves, another container, nobody */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/port_owner.h"
#include "src/autoclose.h"

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return address;
}

/* Returns -1 where the host lacks the address's family. */
static int bind_somewhere(const char *text, int type, uint16_t *ret_port)
{
	struct ip_address address = address_of(text);
	autoclose int fd = socket(address.family, type | SOCK_CLOEXEC, 0);
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(&address, 0, &sockaddr);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sockaddr, size) < 0)
		return -1;
	if (type == SOCK_STREAM)
		g_assert_cmpint(listen(fd, 1), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&sockaddr, &size), ==, 0);
	g_assert_true(ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &address, ret_port));
	return g_steal_fd(&fd);
}

static void assert_owner(int protocol, const char *host, uint16_t port, bool is_us)
{
	g_autofree char *expected = g_strdup_printf("(pid %d)", getpid());
	struct ip_address address = address_of(host);
	g_autofree char *owner = port_owner_find(protocol, &address, port);

	if (!is_us) {
		g_assert_true(!owner || !strstr(owner, expected));
		return;
	}
	g_assert_nonnull(owner);
	g_assert_nonnull(strstr(owner, expected));
}

static void test_tcp(void)
{
	uint16_t port;
	autoclose int fd = bind_somewhere("127.0.0.1", SOCK_STREAM, &port);

	g_assert_cmpint(fd, >=, 0);
	assert_owner(IPPROTO_TCP, "127.0.0.1", port, true);
	assert_owner(IPPROTO_TCP, "0.0.0.0", port, true);
	assert_owner(IPPROTO_TCP, "127.0.0.2", port, false);
	assert_owner(IPPROTO_TCP, "::", port, false);
	assert_owner(IPPROTO_UDP, "127.0.0.1", port, false);
}

static void test_udp(void)
{
	uint16_t port;
	autoclose int fd = bind_somewhere("0.0.0.0", SOCK_DGRAM, &port);

	g_assert_cmpint(fd, >=, 0);
	assert_owner(IPPROTO_UDP, "127.0.0.1", port, true);
	assert_owner(IPPROTO_TCP, "127.0.0.1", port, false);
}

static void test_ipv6(void)
{
	uint16_t one_port, any_port;
	autoclose int one = bind_somewhere("::1", SOCK_STREAM, &one_port);
	autoclose int any = bind_somewhere("::", SOCK_STREAM, &any_port);

	if (one < 0 || any < 0) {
		g_test_skip("this host has no IPv6");
		return;
	}
	assert_owner(IPPROTO_TCP, "::1", one_port, true);
	assert_owner(IPPROTO_TCP, "::", one_port, true);
	assert_owner(IPPROTO_TCP, "127.0.0.1", one_port, false);
	/* A wildcard IPv6 socket takes IPv4 as well. */
	assert_owner(IPPROTO_TCP, "127.0.0.1", any_port, true);
}

static void test_nobody(void)
{
	struct ip_address host = address_of("127.0.0.1");
	uint16_t port;
	autoclose int fd = bind_somewhere("127.0.0.1", SOCK_STREAM, &port);
	g_autofree char *owner = NULL;

	close_fd(&fd);
	owner = port_owner_find(IPPROTO_TCP, &host, port);
	g_assert_null(owner);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/port_owner/tcp", test_tcp);
	g_test_add_func("/port_owner/udp", test_udp);
	g_test_add_func("/port_owner/ipv6", test_ipv6);
	g_test_add_func("/port_owner/nobody", test_nobody);
	return g_test_run();
}
