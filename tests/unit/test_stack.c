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
#include <fcntl.h>
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
#include "src/failure.h"
#include "tests/unit/packet.h"
#include "tests/unit/descriptors.h"
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

	stack_fixture_init(&f);
	struct port_binding binding = stack_fixture_publish(&f, IPPROTO_TCP, "127.0.0.1");
	stack_fixture_send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	autoclose int client =
		stack_fixture_connect_to("127.0.0.1", SOCK_STREAM, binding.host_port);
	struct frame syn = stack_fixture_expect_ip(&f, IPPROTO_TCP);
	g_assert_cmpuint(syn.tcp_flags & TH_SYN, ==, TH_SYN);
	g_assert_cmpuint(syn.destination_port, ==, 80);
	g_assert_true(ip_address_equal(&syn.destination, &f.link.v4.command));
	stack_fixture_done(&f);
}

static void test_publish_udp(void)
{
	struct stack_fixture f;

	stack_fixture_init(&f);
	struct port_binding binding = stack_fixture_publish(&f, IPPROTO_UDP, "127.0.0.1");
	stack_fixture_send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	autoclose int client = stack_fixture_connect_to("127.0.0.1", SOCK_DGRAM, binding.host_port);
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

	stack_fixture_init(&f);
	struct port_binding binding = stack_fixture_publish(&f, IPPROTO_UDP, "127.0.0.1");
	autoclose int client = stack_fixture_connect_to("127.0.0.1", SOCK_DGRAM, binding.host_port);
	g_assert_cmpint(send(client, "hello", 5, 0), ==, 5);
	stack_fixture_expect_ethertype(&f, ETHERTYPE_ARP, 0);
	g_idle_add(on_time_to_answer, &f);
	struct frame datagram = stack_fixture_expect_ip(&f, IPPROTO_UDP);
	g_assert_cmpuint(datagram.destination_port, ==, 80);
	stack_fixture_done(&f);
}

static bool is_refused(const struct port_binding *binding, const char *host)
{
	struct pollfd client = {
		.fd = stack_fixture_connect_to(host, SOCK_STREAM, binding->host_port),
		.events = POLLOUT};
	int errnum = 0;
	socklen_t size = sizeof(errnum);

	g_assert_cmpint(poll(&client, 1, DEADLINE_S * 1000), ==, 1);
	g_assert_no_errno(getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &errnum, &size));
	close(client.fd);
	return errnum == ECONNREFUSED;
}

/* The stack keeps no descriptor of a port that is gone. */
static void check_unpublish(const char *host, int protocol)
{
	struct stack_fixture f;

	stack_fixture_init(&f);
	unsigned n_open = descriptors_count();
	for (int i = 0; i < 2; i++) {
		struct port_binding binding = stack_fixture_publish(&f, protocol, host);
		if (protocol == IPPROTO_TCP)
			g_assert_false(is_refused(&binding, host));
		stack_fixture_unpublish(&f, &binding);
		/* Of TCP in the next turn of the loop. */
		stack_fixture_run_once(&f);
		g_assert_cmpuint(descriptors_count(), ==, n_open);
		if (protocol == IPPROTO_TCP)
			g_assert_true(is_refused(&binding, host));
	}
	stack_fixture_done(&f);
}

static void test_unpublish(void)
{
	check_unpublish("127.0.0.1", IPPROTO_TCP);
	check_unpublish("127.0.0.1", IPPROTO_UDP);
	check_unpublish("::1", IPPROTO_TCP);
	check_unpublish("::1", IPPROTO_UDP);
}

/* A parked port is out of service at once, and does not hinder the next one. */
static void test_parked(void)
{
	struct stack_fixture f;

	stack_fixture_init(&f);
	stack_fixture_send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	struct port_binding first = stack_fixture_publish(&f, IPPROTO_TCP, "127.0.0.1");
	struct port_binding second = stack_fixture_publish(&f, IPPROTO_TCP, "127.0.0.1");
	stack_fixture_unpublish(&f, &first);
	g_assert_true(is_refused(&first, "127.0.0.1"));
	autoclose int client = stack_fixture_connect_to("127.0.0.1", SOCK_STREAM, second.host_port);
	g_assert_cmpuint(stack_fixture_expect_ip(&f, IPPROTO_TCP).tcp_flags & TH_SYN, ==, TH_SYN);
	stack_fixture_unpublish(&f, &second);
	stack_fixture_done(&f);
}

/* Two publications of one address and port are told apart when one goes. */
static void test_same_address(void)
{
	struct stack_fixture f;

	stack_fixture_init(&f);
	stack_fixture_send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	struct port_binding binding = stack_fixture_publish(&f, IPPROTO_UDP, "127.0.0.1");
	struct port_binding other = binding;
	other.fd = fcntl(binding.fd, F_DUPFD_CLOEXEC, 0);
	other.guest_port = 81;
	g_assert_true(stack_publish(f.stack, &other, NULL));
	stack_fixture_unpublish(&f, &binding);
	autoclose int client = stack_fixture_connect_to("127.0.0.1", SOCK_DGRAM, binding.host_port);
	g_assert_cmpint(send(client, "hello", 5, 0), ==, 5);
	g_assert_cmpuint(stack_fixture_expect_ip(&f, IPPROTO_UDP).destination_port, ==, 81);
	stack_fixture_unpublish(&f, &other);
	stack_fixture_done(&f);
}

/* With libslirp's own backlog of 1 the third client would stay in SYN_SENT, as nobody accepts. */
static void test_backlog(void)
{
	struct stack_fixture f;
	struct pollfd clients[N_CLIENTS];

	stack_fixture_init(&f);
	struct port_binding binding = stack_fixture_publish(&f, IPPROTO_TCP, "127.0.0.1");
	stack_fixture_run_once(&f);
	for (size_t i = 0; i < N_CLIENTS; i++)
		clients[i] = (struct pollfd){
			.fd = stack_fixture_connect_to("127.0.0.1", SOCK_STREAM, binding.host_port),
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
	g_test_add_func("/stack/parked", test_parked);
	g_test_add_func("/stack/same-address", test_same_address);
	g_test_add_func("/stack/backlog", test_backlog);
	return g_test_run();
}
