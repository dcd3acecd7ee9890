/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_socket - sockets for published ports: made, looked at, ended */
#include "forwarder/host_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/capability.h"
#include "src/failure.h"

static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
static const char *const loopbacks[] = {"127.0.0.1", "::1"};

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return address;
}

static int open_at(int protocol, const char *text, uint16_t port)
{
	struct port_binding binding = {
		.protocol = protocol, .fd = -1, .host = address_of(text), .host_port = port};

	return host_socket_open(&binding) ? binding.fd : -1;
}

static struct host_place inspect(int fd)
{
	g_autoptr(GError) error = NULL;
	struct host_place place;

	host_socket_inspect(fd, &place, &error);
	g_assert_no_error(error);
	return place;
}

static void assert_no_place(int fd, int errnum)
{
	g_autoptr(GError) error = NULL;
	struct host_place place;

	g_assert_false(host_socket_inspect(fd, &place, &error));
	g_assert_error(error, FAILURE, errnum);
}

static int connect_to(const struct host_place *place)
{
	struct sockaddr_storage address;
	socklen_t size = ip_address_to_sockaddr(&place->address, place->port, &address);
	int fd = socket(place->address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	if (connect(fd, (struct sockaddr *)&address, size) < 0)
		close_fd(&fd);
	return fd;
}

static void test_open(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(loopbacks); i++) {
		struct ip_address address = address_of(loopbacks[i]);

		for (size_t p = 0; p < G_N_ELEMENTS(protocols); p++) {
			autoclose int fd = open_at(protocols[p], loopbacks[i], 0);
			struct host_place place = inspect(fd);
			g_assert_cmpint(place.protocol, ==, protocols[p]);
			g_assert_true(ip_address_equal(&place.address, &address));
			g_assert_cmpuint(place.port, >, 0);
			g_assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
			g_assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
			g_assert_cmpint(open_at(protocols[p], loopbacks[i], place.port), ==, -1);
			g_assert_cmpint(errno, ==, EADDRINUSE);
		}
	}
}

static bool open_both_wildcards(int protocol)
{
	autoclose int v6 = open_at(protocol, "::", 0);
	autoclose int v4 = open_at(protocol, "0.0.0.0", inspect(v6).port);

	return v4 >= 0;
}

/*
 * The wildcard of IPv6 leaves IPv4 alone, so both can be published. Another program may have the
 * port of IPv4, but not one after the other.
 */
static void test_both_wildcards(void)
{
	for (size_t p = 0; p < G_N_ELEMENTS(protocols); p++) {
		bool opened = false;

		for (int i = 0; !opened && i < 8; i++)
			opened = open_both_wildcards(protocols[p]);
		g_assert_true(opened);
	}
}

static void test_nowhere(void)
{
	g_assert_cmpint(open_at(IPPROTO_TCP, "192.0.2.1", 0), ==, -1);
	g_assert_cmpint(errno, ==, EADDRNOTAVAIL);
}

static void test_interface(void)
{
	struct port_binding binding = {.protocol = IPPROTO_TCP,
				       .fd = -1,
				       .host = address_of("0.0.0.0"),
				       .interface = "lo"};
	struct port_binding other;
	char name[IFNAMSIZ] = "";
	socklen_t size = sizeof(name);

	g_assert_true(host_socket_open(&binding));
	g_assert_cmpuint(binding.host_port, >, 0);
	g_assert_no_errno(getsockopt(binding.fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
	g_assert_cmpstr(name, ==, "lo");
	close(binding.fd);

	other = binding;
	g_strlcpy(other.interface, "no-such-one", sizeof(other.interface));
	other.fd = -1;
	g_assert_false(host_socket_open(&other));
	g_assert_cmpint(errno, ==, ENODEV);
	g_assert_cmpint(other.fd, ==, -1);
}

static void test_dual(void)
{
	struct ip_address any = address_of("::");
	struct sockaddr_storage address;
	socklen_t size = ip_address_to_sockaddr(&any, 0, &address);
	autoclose int v6_only = open_at(IPPROTO_TCP, "::", 0);
	autoclose int dual = socket(AF_INET6, SOCK_STREAM, 0);
	const int off = 0;

	g_assert_no_errno(setsockopt(dual, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)));
	g_assert_no_errno(bind(dual, (struct sockaddr *)&address, size));
	g_assert_no_errno(listen(dual, 1));
	g_assert_true(inspect(dual).is_dual);
	g_assert_true(fcntl(dual, F_GETFL) & O_NONBLOCK);
	g_assert_true(fcntl(dual, F_GETFD) & FD_CLOEXEC);
	g_assert_false(inspect(v6_only).is_dual);
}

static void test_is_same(void)
{
	autoclose int one = open_at(IPPROTO_TCP, "127.0.0.1", 0);
	autoclose int other = open_at(IPPROTO_TCP, "127.0.0.1", 0);
	autoclose int duplicate = fcntl(one, F_DUPFD_CLOEXEC, 0);

	g_assert_true(host_socket_is_same(one, duplicate));
	g_assert_false(host_socket_is_same(one, other));
	g_assert_false(host_socket_is_same(one, -1));
}

/* In a subprocess, because the test may run as root. */
static void test_privileged_port(void)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents("/proc/sys/net/ipv4/ip_unprivileged_port_start", &text,
					  NULL, NULL));
	int first = atoi(text);
	if (first < 2) {
		g_test_skip("this host lets everybody bind every port");
		return;
	}
	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, 0);
		g_test_trap_assert_passed();
		return;
	}
	g_assert_true(capability_keep_only(NULL, 0, NULL));
	for (size_t p = 0; p < G_N_ELEMENTS(protocols); p++) {
		g_assert_cmpint(open_at(protocols[p], "127.0.0.1", (uint16_t)(first - 1)), ==, -1);
		g_assert_cmpint(errno, ==, EACCES);
	}
}

static void test_inspect_others(void)
{
	autoclose int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	autoclose int unix_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	autoclose int bare = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	autoclose int unbound = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	autoclose int listener = open_at(IPPROTO_TCP, "127.0.0.1", 0);
	struct host_place place = inspect(listener);
	autoclose int client = connect_to(&place);

	assert_no_place(-1, EBADF);
	assert_no_place(file, ENOTSOCK);
	assert_no_place(unix_socket, EPROTONOSUPPORT);
	assert_no_place(bare, EINVAL);
	assert_no_place(unbound, EINVAL);
	assert_no_place(client, EINVAL);
}

static void test_inspect_connected_udp(void)
{
	autoclose int one = open_at(IPPROTO_UDP, "127.0.0.1", 0);
	autoclose int other = open_at(IPPROTO_UDP, "127.0.0.1", 0);
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	g_assert_no_errno(getsockname(one, (struct sockaddr *)&address, &size));
	g_assert_no_errno(connect(other, (struct sockaddr *)&address, size));
	assert_no_place(other, EINVAL);
}

/* Clients must not wait for somebody who only forgot to close a duplicate. */
static void test_end(void)
{
	int listener = open_at(IPPROTO_TCP, "127.0.0.1", 0);
	autoclose int duplicate = fcntl(listener, F_DUPFD_CLOEXEC, 0);
	struct host_place place = inspect(listener);
	autoclose int waiting = connect_to(&place);
	struct pollfd entry = {.fd = waiting, .events = POLLIN};
	char byte;

	g_assert_cmpint(waiting, >=, 0);
	host_socket_end(listener);
	g_assert_cmpint(poll(&entry, 1, -1), ==, 1);
	g_assert_cmpint(recv(waiting, &byte, 1, 0), ==, -1);
	g_assert_cmpint(errno, ==, ECONNRESET);
	g_assert_cmpint(connect_to(&place), ==, -1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-socket/open", test_open);
	g_test_add_func("/host-socket/both-wildcards", test_both_wildcards);
	g_test_add_func("/host-socket/nowhere", test_nowhere);
	g_test_add_func("/host-socket/interface", test_interface);
	g_test_add_func("/host-socket/dual", test_dual);
	g_test_add_func("/host-socket/is-same", test_is_same);
	g_test_add_func("/host-socket/privileged-port", test_privileged_port);
	g_test_add_func("/host-socket/inspect-others", test_inspect_others);
	g_test_add_func("/host-socket/inspect-connected-udp", test_inspect_connected_udp);
	g_test_add_func("/host-socket/end", test_end);
	return g_test_run();
}
