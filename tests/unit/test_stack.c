/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_stack - libslirp behind stack.c, as seen from the frames and from the host's sockets
 *
 * How it works
 *
 * The test is the command's side: it puts frames in and looks at those that come out. run_until()
 * drives the stack until a flag is set, by a frame or by an event of the host.
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

#define DEADLINE_S 30
#define MAC	   0x02, 0x00, 0x00, 0x00, 0x00, 0xaa
#define N_CLIENTS  40

struct fixture {
	struct link_config link;
	struct stack *stack;
	GPtrArray *frames; /* of GBytes, from the stack */
	bool running;	   /* becomes false with each frame */
};

static void on_frame(const void *frame, size_t size, void *opaque)
{
	struct fixture *f = opaque;

	g_ptr_array_add(f->frames, g_bytes_new(frame, size));
	f->running = false;
}

static void fixture_init(struct fixture *f)
{
	const struct stack_options options = {
		.link = &f->link, .send_frame_to_tap = on_frame, .opaque = f};
	g_autoptr(GError) error = NULL;
	struct ip_prefix prefix;

	*f = (struct fixture){.link = {.kind = LINK_TAP, .mtu = 1500, .mac = {{MAC}}}};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&f->link.v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&f->link.v6, &prefix);
	f->frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	f->stack = stack_new(&options, &error);
	g_assert_no_error(error);
}

static void fixture_done(struct fixture *f)
{
	stack_free(f->stack);
	g_ptr_array_unref(f->frames);
}

static gboolean on_deadline(gpointer data G_GNUC_UNUSED)
{
	g_error("nothing came from the stack");
	return G_SOURCE_REMOVE;
}

static gboolean on_turn(gpointer data)
{
	*(bool *)data = false;
	return G_SOURCE_REMOVE;
}

/* Drives the stack until the next frame. */
static void run_until_frame(struct fixture *f)
{
	guint deadline = g_timeout_add_seconds(DEADLINE_S, on_deadline, NULL);

	f->running = true;
	stack_run(f->stack, &f->running);
	g_source_remove(deadline);
}

/* Drives it for one turn of the loop. */
static void run_once(struct fixture *f)
{
	f->running = true;
	g_idle_add(on_turn, &f->running);
	stack_run(f->stack, &f->running);
}

/* The index of the first frame from `first` on that has this EtherType, run for if need be. */
static guint expect_ethertype(struct fixture *f, uint16_t type, guint first)
{
	for (guint i = first;; i++) {
		while (i >= f->frames->len)
			run_until_frame(f);
		const uint8_t *data = g_bytes_get_data(f->frames->pdata[i], NULL);
		if ((data[12] << 8 | data[13]) == type)
			return i;
	}
}

/* The next IP frame of the protocol. */
static struct frame expect_ip(struct fixture *f, uint8_t protocol)
{
	for (guint i = 0;; i++) {
		struct frame frame;
		gsize size;

		i = expect_ethertype(f, ETHERTYPE_IP, i);
		const uint8_t *data = g_bytes_get_data(f->frames->pdata[i], &size);
		frame_parse(&frame, data, size);
		if (frame.kind == FRAME_IP && frame.protocol == protocol)
			return frame;
	}
}

static void send_arp(struct fixture *f, uint8_t operation, const char *target)
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, MAC, 0x08, 0x06,
			     /* Ethernet, IPv4, sizes */
			     0, 1, 8, 0, 6, 4, 0, operation, MAC, 10, 0, 2, 100};

	g_assert_cmpint(inet_pton(AF_INET, target, frame + 38), ==, 1);
	stack_input(f->stack, frame, sizeof(frame));
}

/* Puts a packet in, with the IPv4 header checksum (RFC 1071) that libslirp insists on. */
static void send_packet(struct fixture *f, struct packet *packet)
{
	uint8_t *header = packet->data + PACKET_IP;
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	header[10] = (uint8_t)(~sum >> 8);
	header[11] = (uint8_t)~sum;
	stack_input(f->stack, packet->data, packet->size);
}

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return address;
}

/* A socket of the host at an address, on any port. */
static int bind_any(const char *host, int type, uint16_t *ret_port)
{
	struct ip_address address = address_of(host);
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(&address, 0, &sockaddr);
	int fd = socket(address.family, type | SOCK_CLOEXEC, 0);
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	g_assert_cmpint(bind(fd, (struct sockaddr *)&sockaddr, size), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&sockaddr, &size), ==, 0);
	g_assert_true(ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &address, ret_port));
	return fd;
}

static uint16_t free_port(const char *host, int type)
{
	uint16_t port;

	close(bind_any(host, type, &port));
	return port;
}

static int connect_to(const char *host, int type, uint16_t port)
{
	struct ip_address address = address_of(host);
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(&address, port, &sockaddr);
	int fd = socket(address.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connect(fd, (struct sockaddr *)&sockaddr, size) < 0)
		g_assert_cmpint(errno, ==, EINPROGRESS);
	return fd;
}

static bool publish(struct fixture *f, int protocol, const char *host, uint16_t port,
		    GError **error)
{
	const struct ip_address from = address_of(host);
	const struct ip_address to =
		from.family == AF_INET6 ? f->link.v6.command : f->link.v4.command;

	return stack_publish(f->stack, protocol, &from, port, &to, 80, error);
}

static bool unpublish(struct fixture *f, int protocol, const char *host, uint16_t port)
{
	const struct ip_address from = address_of(host);

	return stack_unpublish(f->stack, protocol, &from, port);
}

/* --- the link --- */

static void test_arp(void)
{
	struct fixture f;

	fixture_init(&f);
	send_arp(&f, ARPOP_REQUEST, "10.0.2.2");
	guint i = expect_ethertype(&f, ETHERTYPE_ARP, 0);
	const uint8_t *reply = g_bytes_get_data(f.frames->pdata[i], NULL);
	g_assert_cmpuint(reply[21], ==, ARPOP_REPLY);
	g_assert_cmpmem(reply + 28, 4, ((uint8_t[]){10, 0, 2, 2}), 4);
	g_assert_cmpmem(reply, 6, ((uint8_t[]){MAC}), 6);
	fixture_done(&f);
}

/* Whoever asks by DHCP must get the address that ports lead to. */
static void test_dhcp(void)
{
	struct fixture f;
	struct packet packet;
	static const uint8_t options[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255};
	/* UDP from port 68 to 67, its length, and BOOTP (RFC 951): a request by Ethernet. */
	uint8_t message[8 + 548] = {0, 68, 0, 67, 2, 44, [8] = 1, 1, 6};

	fixture_init(&f);
	memcpy(message + 8 + 28, (uint8_t[]){MAC}, 6);
	memcpy(message + 8 + 236, options, sizeof(options));
	packet_ip(&packet, "0.0.0.0", "255.255.255.255", IPPROTO_UDP, message, sizeof(message));
	memset(packet.data, 0xff, 6);
	send_packet(&f, &packet);
	struct frame offer = expect_ip(&f, IPPROTO_UDP);
	g_assert_cmpuint(offer.destination_port, ==, 68);
	g_assert_cmpuint(offer.end - offer.payload_offset, >, 240);
	const uint8_t *yiaddr = offer.data + offer.payload_offset + 16;
	g_assert_cmpmem(yiaddr, 4, &f.link.v4.command.v4, 4);
	fixture_done(&f);
}

static void test_malformed_frames(void)
{
	struct fixture f;
	struct packet packet;

	fixture_init(&f);
	packet_udp(&packet, (struct packet_end){"10.0.2.100", 1000},
		   (struct packet_end){"10.0.2.2", 9}, 32);
	send_packet(&f, &packet);
	for (size_t size = 0; size < packet.size; size++) {
		g_autofree uint8_t *cut = g_memdup2(packet.data, MAX(size, 1));
		stack_input(f.stack, cut, size);
	}
	send_arp(&f, ARPOP_REQUEST, "10.0.2.2");
	expect_ethertype(&f, ETHERTYPE_ARP, 0);
	fixture_done(&f);
}

/* --- published ports --- */

/* A client of the host becomes a SYN to the command's port. */
static void test_publish_tcp(void)
{
	struct fixture f;
	const uint16_t port = free_port("127.0.0.1", SOCK_STREAM);

	fixture_init(&f);
	g_assert_true(publish(&f, IPPROTO_TCP, "127.0.0.1", port, NULL));
	send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	autoclose int client = connect_to("127.0.0.1", SOCK_STREAM, port);
	struct frame syn = expect_ip(&f, IPPROTO_TCP);
	g_assert_cmpuint(syn.tcp_flags & TH_SYN, ==, TH_SYN);
	g_assert_cmpuint(syn.destination_port, ==, 80);
	g_assert_true(ip_address_equal(&syn.destination, &f.link.v4.command));
	fixture_done(&f);
}

static void test_publish_udp(void)
{
	struct fixture f;
	const uint16_t port = free_port("127.0.0.1", SOCK_DGRAM);

	fixture_init(&f);
	g_assert_true(publish(&f, IPPROTO_UDP, "127.0.0.1", port, NULL));
	send_arp(&f, ARPOP_REPLY, "10.0.2.2");
	autoclose int client = connect_to("127.0.0.1", SOCK_DGRAM, port);
	g_assert_cmpint(send(client, "hello", 5, 0), ==, 5);
	struct frame datagram = expect_ip(&f, IPPROTO_UDP);
	g_assert_cmpuint(datagram.destination_port, ==, 80);
	g_assert_cmpmem(datagram.data + datagram.payload_offset,
			datagram.end - datagram.payload_offset, "hello", 5);
	fixture_done(&f);
}

static gboolean on_time_to_answer(gpointer data)
{
	send_arp(data, ARPOP_REPLY, "10.0.2.2");
	return G_SOURCE_REMOVE;
}

/* The answer by ARP is the last event: what waited for it must not wait for another one. */
static void test_waits_for_arp(void)
{
	struct fixture f;
	const uint16_t port = free_port("127.0.0.1", SOCK_DGRAM);

	fixture_init(&f);
	g_assert_true(publish(&f, IPPROTO_UDP, "127.0.0.1", port, NULL));
	autoclose int client = connect_to("127.0.0.1", SOCK_DGRAM, port);
	g_assert_cmpint(send(client, "hello", 5, 0), ==, 5);
	expect_ethertype(&f, ETHERTYPE_ARP, 0);
	g_idle_add(on_time_to_answer, &f);
	struct frame datagram = expect_ip(&f, IPPROTO_UDP);
	g_assert_cmpuint(datagram.destination_port, ==, 80);
	fixture_done(&f);
}

static void check_unpublish(const char *host, int protocol, int type)
{
	struct fixture f;
	const uint16_t port = free_port(host, type);
	g_autoptr(GError) error = NULL;

	fixture_init(&f);
	g_assert_false(unpublish(&f, protocol, host, port));
	for (int i = 0; i < 2; i++) {
		g_assert_true(publish(&f, protocol, host, port, &error));
		g_assert_no_error(error);
		g_assert_true(unpublish(&f, protocol, host, port));
	}
	g_assert_false(unpublish(&f, protocol, host, port));
	fixture_done(&f);
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
	struct fixture f;
	uint16_t port;
	autoclose int holder = bind_any(host, type, &port);
	g_autoptr(GError) error = NULL;

	if (type == SOCK_STREAM)
		g_assert_cmpint(listen(holder, 1), ==, 0);
	fixture_init(&f);
	g_assert_false(publish(&f, protocol, host, port, &error));
	g_assert_error(error, FAILURE, EADDRINUSE);
	fixture_done(&f);
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
	struct fixture f;
	const uint16_t port = free_port("0.0.0.0", SOCK_STREAM);

	fixture_init(&f);
	g_assert_true(publish(&f, IPPROTO_TCP, "0.0.0.0", port, NULL));
	g_assert_true(publish(&f, IPPROTO_TCP, "::", port, NULL));
	fixture_done(&f);
}

static void check_privileged_port(uint16_t port)
{
	struct fixture f;

	g_assert_true(capability_keep_only(NULL, 0, NULL));
	fixture_init(&f);
	for (int i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;
		g_assert_false(
			publish(&f, i ? IPPROTO_UDP : IPPROTO_TCP, "127.0.0.1", port, &error));
		g_assert_error(error, FAILURE, EACCES);
	}
	fixture_done(&f);
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
	struct fixture f;
	g_autoptr(GError) error = NULL;

	fixture_init(&f);
	g_assert_false(publish(&f, IPPROTO_TCP, "192.0.2.1", 8080, &error));
	g_assert_error(error, FAILURE, EADDRNOTAVAIL);
	fixture_done(&f);
}

/* With libslirp's own backlog of 1 the third client would stay in SYN_SENT, as nobody accepts. */
static void test_backlog(void)
{
	struct fixture f;
	struct pollfd clients[N_CLIENTS];
	const uint16_t port = free_port("127.0.0.1", SOCK_STREAM);

	fixture_init(&f);
	g_assert_true(publish(&f, IPPROTO_TCP, "127.0.0.1", port, NULL));
	run_once(&f);
	for (size_t i = 0; i < N_CLIENTS; i++)
		clients[i] = (struct pollfd){.fd = connect_to("127.0.0.1", SOCK_STREAM, port),
					     .events = POLLOUT};
	for (size_t i = 0; i < N_CLIENTS; i++) {
		g_assert_cmpint(poll(&clients[i], 1, DEADLINE_S * 1000), ==, 1);
		g_assert_cmpint(clients[i].revents, ==, POLLOUT);
		close(clients[i].fd);
	}
	fixture_done(&f);
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
