/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_gateway - TCP over a gateway link, out and published; its settings and failures */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "link/gateway_rules.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/gateway_marker.h"
#include "tests/unit/fixture.h"
#include "tests/unit/namespaces.h"

static const char *const client[] = {"198.51.100.7", "2001:db8:5::7"};

/* Moves 256 KiB, more than the frames of one GSO packet. */
static void assert_stream(int from, int to)
{
	static uint8_t sent[256 * 1024], received[sizeof(sent)];
	size_t n_sent = 0, n_received = 0;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)g_test_rand_int();
	while (n_received < sizeof(sent)) {
		ssize_t n = send(from, sent + n_sent, sizeof(sent) - n_sent, MSG_NOSIGNAL);
		n_sent += n > 0 ? (size_t)n : 0;
		fixture_wait_for(to, POLLIN);
		n = recv(to, received + n_received, sizeof(received) - n_received, 0);
		g_assert_cmpint(n, >, 0);
		n_received += (size_t)n;
	}
	g_assert_cmpmem(sent, sizeof(sent), received, sizeof(received));
}

static void assert_end_of_file(int fd)
{
	char byte;

	fixture_wait_for(fd, POLLIN);
	g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 0);
}

/* Connects from the command's namespace; returns the command's and the gateway's sockets. */
static void open_connection(struct fixture *f, const struct endpoint *source,
			    const struct endpoint *target, int *ret_command, int *ret_gateway)
{
	int family = target->address.family;

	*ret_command = fixture_command_socket(f, family, SOCK_STREAM);
	fixture_bind_to(*ret_command, source);
	fixture_connect_to(*ret_command, target);
	fixture_inject_syn(f, target);
	*ret_gateway = fixture_accept_one(family == AF_INET ? f->gateway.tcp4 : f->gateway.tcp6);
	fixture_wait_for(*ret_command, POLLOUT);
	g_assert_cmpint(fixture_socket_error(*ret_command), ==, 0);
}

/* Twice from the same port: the second SYN meets the gateway's TIME_WAIT. */
static void check_outgoing(struct fixture *f, int family, const struct endpoint *target)
{
	struct endpoint source = fixture_command_endpoint(f, family, 40000);

	for (int i = 0; i < 2; i++) {
		autoclose int command = -1;
		autoclose int gateway = -1;
		open_connection(f, &source, target, &command, &gateway);
		fixture_assert_local(gateway, target);
		fixture_assert_peer(gateway, &source);
		assert_stream(command, gateway);
		assert_stream(gateway, command);
		shutdown(gateway, SHUT_WR);
		assert_end_of_file(command);
		shutdown(command, SHUT_WR);
		assert_end_of_file(gateway);
	}
}

static void test_outgoing_tcp(void)
{
	struct fixture f;

	if (!fixture_init(&f, true))
		return;
	for (int i = 0; i < 2; i++) {
		struct endpoint web = fixture_endpoint_of(fixture_remote[i], 80);
		struct endpoint own = fixture_endpoint_of(fixture_remote[i], GATEWAY_TCP_PORT);
		check_outgoing(&f, fixture_families[i], &web);
		check_outgoing(&f, fixture_families[i], &own);
	}
	fixture_done(&f);
}

/*
 * TCP_REPAIR makes an established socket without a handshake: nobody in the gateway knows of the
 * connection, and the command must be told so.
 */
static void test_unknown_connection(void)
{
	struct fixture f;

	if (!fixture_init(&f, true))
		return;
	for (int i = 0; i < 2; i++) {
		int value = TCP_REPAIR_ON;
		struct endpoint source = fixture_command_endpoint(&f, fixture_families[i], 40001);
		struct endpoint target = fixture_endpoint_of(fixture_remote[i], 80);
		autoclose int fd = fixture_command_socket(&f, fixture_families[i], SOCK_STREAM);
		g_assert_no_errno(setsockopt(fd, SOL_TCP, TCP_REPAIR, &value, sizeof(value)));
		fixture_bind_to(fd, &source);
		fixture_connect_to(fd, &target);
		value = TCP_REPAIR_OFF_NO_WP;
		g_assert_no_errno(setsockopt(fd, SOL_TCP, TCP_REPAIR, &value, sizeof(value)));
		g_assert_cmpint(send(fd, "x", 1, MSG_NOSIGNAL), ==, 1);
		fixture_wait_for(fd, POLLERR);
		g_assert_cmpint(fixture_socket_error(fd), ==, ECONNRESET);
	}
	fixture_done(&f);
}

static void check_published(struct fixture *f, int agent, int family, const struct endpoint *source)
{
	struct endpoint service = fixture_command_endpoint(f, family, 8080);
	autoclose int listener = fixture_command_socket(f, family, SOCK_STREAM);
	autoclose int outer = fixture_agent_socket(agent, family, SOCK_STREAM);

	fixture_bind_to(listener, &service);
	g_assert_no_errno(listen(listener, 1));
	fixture_bind_to(outer, source);
	fixture_connect_to(outer, &service);
	autoclose int inner = fixture_accept_one(listener);
	fixture_assert_peer(inner, source);
	assert_stream(outer, inner);
	assert_stream(inner, outer);
	shutdown(inner, SHUT_WR);
	assert_end_of_file(outer);
}

/* The client's port must not matter: not if privileged, and not if it is the listener's. */
static void test_published_tcp(void)
{
	static const uint16_t ports[] = {4444, 81, GATEWAY_TCP_PORT, GATEWAY_UDP_PORT};
	struct fixture f;
	int agent;

	if (!fixture_init(&f, true))
		return;
	pid_t pid = fixture_start_agent(&agent);
	for (int i = 0; i < 2; i++) {
		for (size_t p = 0; p < G_N_ELEMENTS(ports); p++) {
			struct endpoint source = fixture_endpoint_of(client[i], ports[p]);
			check_published(&f, agent, fixture_families[i], &source);
		}
		struct endpoint host = {
			link_config_network(&f.config, fixture_families[i])->gateway, 4445};
		check_published(&f, agent, fixture_families[i], &host);
	}
	fixture_end_agent(pid, agent);
	fixture_done(&f);
}

/* A port that nobody serves is refused at once. */
static void test_published_refused(void)
{
	struct fixture f;
	int agent;

	if (!fixture_init(&f, true))
		return;
	pid_t pid = fixture_start_agent(&agent);
	for (int i = 0; i < 2; i++) {
		struct endpoint source = fixture_endpoint_of(client[i], 4444);
		struct endpoint service = fixture_command_endpoint(&f, fixture_families[i], 8080);
		autoclose int fd = fixture_agent_socket(agent, fixture_families[i], SOCK_STREAM);
		fixture_bind_to(fd, &source);
		fixture_connect_to(fd, &service);
		fixture_wait_for(fd, POLLOUT);
		g_assert_cmpint(fixture_socket_error(fd), ==, ECONNREFUSED);
	}
	fixture_end_agent(pid, agent);
	fixture_done(&f);
}

static void test_without_v6(void)
{
	struct fixture f;

	if (!fixture_init(&f, false))
		return;
	g_assert_cmpint(f.gateway.tcp6, ==, -1);
	g_assert_cmpint(f.gateway.udp6, ==, -1);
	struct endpoint target = fixture_endpoint_of(fixture_remote[0], 80);
	check_outgoing(&f, AF_INET, &target);
	fixture_done(&f);
}

/* The gateway itself must stay silent: no frame on the TAP before the command sends one. */
static void test_silence(void)
{
	struct fixture f;
	uint8_t frame[2048];

	if (!fixture_init(&f, true))
		return;
	for (;;) {
		ssize_t size = read(f.gateway.tap, frame, sizeof(frame));
		if (size < 0)
			break;
		g_assert_cmpmem(frame + 6, 6, f.config.mac.bytes, 6);
	}
	g_assert_cmpint(errno, ==, EAGAIN);
	fixture_done(&f);
}

static void assert_sysctl(const char *path, const char *pattern)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_true(g_regex_match_simple(pattern, text, 0, 0));
}

static void test_settings(void)
{
	struct fixture f;

	if (!fixture_init(&f, true))
		return;
	assert_sysctl("/proc/sys/net/ipv4/tcp_congestion_control", "^(cubic|reno)$");
	assert_sysctl("/proc/sys/net/ipv4/tcp_syncookies", "^0$");
	assert_sysctl("/proc/sys/net/ipv4/ip_unprivileged_port_start", "^0$");
	assert_sysctl("/proc/sys/net/ipv4/ip_forward", "^0$");
	assert_sysctl("/proc/sys/net/ipv4/conf/uplink0/rp_filter", "^0$");
	assert_sysctl("/proc/net/if_inet6", "^[^\\n]* lo\\n$");
	fixture_done(&f);
}

static void test_v6_needs_its_mtu(void)
{
	struct link_config config = {.ifname = "eth0", .mtu = 1279, .v6.enabled = true};
	struct gateway_fds fds;
	g_autoptr(GError) error = NULL;

	g_assert_false(gateway_build(&config, getpid(), &fds, &error));
	g_assert_error(error, FAILURE, EINVAL);
}

static void test_marker_is_taken(void)
{
	struct link_config config = {.ifname = "eth0", .mac = GATEWAY_MARKER_MAC, .mtu = 1500};
	struct gateway_fds fds;
	g_autoptr(GError) error = NULL;

	g_assert_false(gateway_build(&config, getpid(), &fds, &error));
	g_assert_error(error, FAILURE, EINVAL);
}

/* After a failure, here at tap0's name, a TAP can have the name of the command's device. */
static void test_failure_leaves_nothing(void)
{
	struct fixture f;
	struct gateway_fds fds;
	g_autoptr(GError) error = NULL;

	if (!fixture_init(&f, true))
		return;
	g_assert_false(gateway_build(&f.config, f.holder, &fds, &error));
	g_assert_nonnull(strstr(error->message, "tap0"));
	g_assert_cmpuint(if_nametoindex("uplink0"), ==, 0);
	fixture_done(&f);
}

/* Without the devices the rules cannot load; nft's own words must reach the user. */
static void test_rules_failure(void)
{
	struct link_config config = {.ifname = "eth0"};
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	g_assert_true(ip_address_parse("10.0.2.3", &config.v4.dns, NULL));
	g_assert_false(gateway_rules_load(&config, &error));
	g_assert_nonnull(error);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, "rules"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gateway/tcp/outgoing", test_outgoing_tcp);
	g_test_add_func("/gateway/tcp/unknown-connection", test_unknown_connection);
	g_test_add_func("/gateway/tcp/published", test_published_tcp);
	g_test_add_func("/gateway/tcp/published-refused", test_published_refused);
	g_test_add_func("/gateway/without-v6", test_without_v6);
	g_test_add_func("/gateway/silence", test_silence);
	g_test_add_func("/gateway/settings", test_settings);
	g_test_add_func("/gateway/v6-needs-its-mtu", test_v6_needs_its_mtu);
	g_test_add_func("/gateway/marker-is-taken", test_marker_is_taken);
	g_test_add_func("/gateway/failure-leaves-nothing", test_failure_leaves_nothing);
	g_test_add_func("/gateway/rules-failure", test_rules_failure);
	return g_test_run();
}
