/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_stack - libslirp behind stack.c, as seen from the frames and from the host's sockets
 *
 * How it works
 *
 * The test is the command's side: it puts frames in and looks at those that come out. The fixture
 * drives the stack until a frame has come.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/frame.h"
#include "forwarder/stack.h"
#include "src/autoclose.h"
#include "src/capability.h"
#include "src/failure.h"
#include "tests/unit/packet.h"
#include "tests/unit/stack_fixture.h"

#define N_CLIENTS 40

static void test_arp(void)
{
	struct stack_fixture f;

	stack_fixture_init(&f);
	stack_fixture_send_arp(&f, ARPOP_REQUEST, "10.0.2.2");
	guint i = stack_fixture_expect_ethertype(&f, ETHERTYPE_ARP, 0);
	const uint8_t *reply = g_bytes_get_data(f.frames->pdata[i], NULL);
	g_assert_cmpuint(reply[21], ==, ARPOP_REPLY);
	g_assert_cmpmem(reply + 28, 4, ((uint8_t[]){10, 0, 2, 2}), 4);
	g_assert_cmpmem(reply, 6, ((uint8_t[]){MAC}), 6);
	stack_fixture_done(&f);
}

/* Whoever asks by DHCP must get the address that ports lead to. */
static void test_dhcp(void)
{
	struct stack_fixture f;
	struct packet packet;
	static const uint8_t options[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255};
	/* UDP from port 68 to 67, its length, and BOOTP (RFC 951): a request by Ethernet. */
	uint8_t message[8 + 548] = {0, 68, 0, 67, 2, 44, [8] = 1, 1, 6};

	stack_fixture_init(&f);
	memcpy(message + 8 + 28, (uint8_t[]){MAC}, 6);
	memcpy(message + 8 + 236, options, sizeof(options));
	packet_ip(&packet, "0.0.0.0", "255.255.255.255", IPPROTO_UDP, message, sizeof(message));
	memset(packet.data, 0xff, 6);
	stack_fixture_send_packet(&f, &packet);
	struct frame offer = stack_fixture_expect_ip(&f, IPPROTO_UDP);
	g_assert_cmpuint(offer.destination_port, ==, 68);
	g_assert_cmpuint(offer.end - offer.payload_offset, >, 240);
	const uint8_t *yiaddr = offer.data + offer.payload_offset + 16;
	g_assert_cmpmem(yiaddr, 4, &f.link.v4.command.v4, 4);
	stack_fixture_done(&f);
}

static void test_malformed_frames(void)
{
	struct stack_fixture f;
	struct packet packet;

	stack_fixture_init(&f);
	packet_udp(&packet, (struct packet_end){"10.0.2.100", 1000},
		   (struct packet_end){"10.0.2.2", 9}, 32);
	stack_fixture_send_packet(&f, &packet);
	for (size_t size = 0; size < packet.size; size++) {
		g_autofree uint8_t *cut = g_memdup2(packet.data, MAX(size, 1));
		stack_input(f.stack, cut, size);
	}
	stack_fixture_send_arp(&f, ARPOP_REQUEST, "10.0.2.2");
	stack_fixture_expect_ethertype(&f, ETHERTYPE_ARP, 0);
	stack_fixture_done(&f);
}

/* --- published ports --- */

/* A client of the host becomes a SYN to the command's port. */
static void test_publish_tcp(void)
{
	struct stack_fixture f;
	const uint16_t port = stack_fixture_free_port("127.0.0.1", SOCK_STREAM);

	stack_fixture_init(&f);
	g_assert_true(stack_fixture_publish(&f, IPPROTO_TCP, "127.0.0.1", port, NULL));
	stack_fixture_send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	autoclose int client = stack_fixture_connect_to("127.0.0.1", SOCK_STREAM, port);
	struct frame syn = stack_fixture_expect_ip(&f, IPPROTO_TCP);
	g_assert_cmpuint(syn.tcp_flags & TH_SYN, ==, TH_SYN);
	g_assert_cmpuint(syn.destination_port, ==, 80);
	g_assert_true(ip_address_equal(&syn.destination, &f.link.v4.command));
	stack_fixture_done(&f);
}

static void test_publish_udp(void)
{
	struct stack_fixture f;
	const uint16_t port = stack_fixture_free_port("127.0.0.1", SOCK_DGRAM);

	stack_fixture_init(&f);
	g_assert_true(stack_fixture_publish(&f, IPPROTO_UDP, "127.0.0.1", port, NULL));
	stack_fixture_send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	autoclose int client = stack_fixture_connect_to("127.0.0.1", SOCK_DGRAM, port);
	g_assert_cmpint(send(client, "hello", 5, 0), ==, 5);
	struct frame datagram = stack_fixture_expect_ip(&f, IPPROTO_UDP);
	g_assert_cmpuint(datagram.destination_port, ==, 80);
	g_assert_cmpmem(datagram.data + datagram.payload_offset,
			datagram.end - datagram.payload_offset, "hello", 5);
	stack_fixture_done(&f);
}

static gboolean on_time_to_answer(gpointer data)
{
	stack_fixture_send_arp(data, ARPOP_REPLY, "10.0.2.2");
	return G_SOURCE_REMOVE;
}

/* The answer by ARP is the last event: what waited for it must not wait for another one. */
static void test_waits_for_arp(void)
{
	struct stack_fixture f;
	const uint16_t port = stack_fixture_free_port("127.0.0.1", SOCK_DGRAM);

	stack_fixture_init(&f);
	g_assert_true(stack_fixture_publish(&f, IPPROTO_UDP, "127.0.0.1", port, NULL));
	autoclose int client = stack_fixture_connect_to("127.0.0.1", SOCK_DGRAM, port);
	g_assert_cmpint(send(client, "hello", 5, 0), ==, 5);
	stack_fixture_expect_ethertype(&f, ETHERTYPE_ARP, 0);
	g_idle_add(on_time_to_answer, &f);
	struct frame datagram = stack_fixture_expect_ip(&f, IPPROTO_UDP);
	g_assert_cmpuint(datagram.destination_port, ==, 80);
	stack_fixture_done(&f);
}

static void check_unpublish(const char *host, int protocol, int type)
{
	struct stack_fixture f;
	const uint16_t port = stack_fixture_free_port(host, type);
	g_autoptr(GError) error = NULL;

	stack_fixture_init(&f);
	g_assert_false(stack_fixture_unpublish(&f, protocol, host, port));
	for (int i = 0; i < 2; i++) {
		g_assert_true(stack_fixture_publish(&f, protocol, host, port, &error));
		g_assert_no_error(error);
		g_assert_true(stack_fixture_unpublish(&f, protocol, host, port));
	}
	g_assert_false(stack_fixture_unpublish(&f, protocol, host, port));
	stack_fixture_done(&f);
}

static void test_unpublish(void)
{
	check_unpublish("127.0.0.1", IPPROTO_TCP, SOCK_STREAM);
	check_unpublish("127.0.0.1", IPPROTO_UDP, SOCK_DGRAM);
	check_unpublish("::1", IPPROTO_TCP, SOCK_STREAM);
	check_unpublish("::1", IPPROTO_UDP, SOCK_DGRAM);
}

/* The holder has SO_REUSEADDR, as libslirp's sockets have: two such may share an UDP port. */
static void check_taken(const char *host, int protocol, int type)
{
	struct stack_fixture f;
	uint16_t port;
	autoclose int holder = stack_fixture_bind_any(host, type, &port);
	g_autoptr(GError) error = NULL;

	if (type == SOCK_STREAM)
		g_assert_cmpint(listen(holder, 1), ==, 0);
	stack_fixture_init(&f);
	g_assert_false(stack_fixture_publish(&f, protocol, host, port, &error));
	g_assert_error(error, FAILURE, EADDRINUSE);
	stack_fixture_done(&f);
}

static void test_taken(void)
{
	check_taken("127.0.0.1", IPPROTO_TCP, SOCK_STREAM);
	check_taken("127.0.0.1", IPPROTO_UDP, SOCK_DGRAM);
	check_taken("::1", IPPROTO_TCP, SOCK_STREAM);
	check_taken("::1", IPPROTO_UDP, SOCK_DGRAM);
}

/* The wildcard of IPv6 leaves IPv4 alone, so both can be published. */
static void test_both_wildcards(void)
{
	struct stack_fixture f;
	const uint16_t port = stack_fixture_free_port("0.0.0.0", SOCK_STREAM);

	stack_fixture_init(&f);
	g_assert_true(stack_fixture_publish(&f, IPPROTO_TCP, "0.0.0.0", port, NULL));
	g_assert_true(stack_fixture_publish(&f, IPPROTO_TCP, "::", port, NULL));
	stack_fixture_done(&f);
}

static void check_privileged_port(uint16_t port)
{
	struct stack_fixture f;

	g_assert_true(capability_keep_only(NULL, 0, NULL));
	stack_fixture_init(&f);
	for (int i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;
		g_assert_false(stack_fixture_publish(&f, i ? IPPROTO_UDP : IPPROTO_TCP, "127.0.0.1",
						     port, &error));
		g_assert_error(error, FAILURE, EACCES);
	}
	stack_fixture_done(&f);
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
	if (g_test_subprocess()) {
		check_privileged_port((uint16_t)(first - 1));
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
}

static void test_nowhere(void)
{
	struct stack_fixture f;
	g_autoptr(GError) error = NULL;

	stack_fixture_init(&f);
	g_assert_false(stack_fixture_publish(&f, IPPROTO_TCP, "192.0.2.1", 8080, &error));
	g_assert_error(error, FAILURE, EADDRNOTAVAIL);
	stack_fixture_done(&f);
}

/* With libslirp's own backlog of 1 the third client would stay in SYN_SENT, as nobody accepts. */
static void test_backlog(void)
{
	struct stack_fixture f;
	struct pollfd clients[N_CLIENTS];
	const uint16_t port = stack_fixture_free_port("127.0.0.1", SOCK_STREAM);

	stack_fixture_init(&f);
	g_assert_true(stack_fixture_publish(&f, IPPROTO_TCP, "127.0.0.1", port, NULL));
	stack_fixture_run_once(&f);
	for (size_t i = 0; i < N_CLIENTS; i++)
		clients[i] = (struct pollfd){
			.fd = stack_fixture_connect_to("127.0.0.1", SOCK_STREAM, port),
			.events = POLLOUT};
	for (size_t i = 0; i < N_CLIENTS; i++) {
		g_assert_cmpint(poll(&clients[i], 1, DEADLINE_S * 1000), ==, 1);
		g_assert_cmpint(clients[i].revents, ==, POLLOUT);
		close(clients[i].fd);
	}
	stack_fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stack/arp", test_arp);
	g_test_add_func("/stack/dhcp", test_dhcp);
	g_test_add_func("/stack/malformed-frames", test_malformed_frames);
	g_test_add_func("/stack/publish-tcp", test_publish_tcp);
	g_test_add_func("/stack/publish-udp", test_publish_udp);
	g_test_add_func("/stack/waits-for-arp", test_waits_for_arp);
	g_test_add_func("/stack/unpublish", test_unpublish);
	g_test_add_func("/stack/taken", test_taken);
	g_test_add_func("/stack/both-wildcards", test_both_wildcards);
	g_test_add_func("/stack/privileged-port", test_privileged_port);
	g_test_add_func("/stack/nowhere", test_nowhere);
	g_test_add_func("/stack/backlog", test_backlog);
	return g_test_run();
}
