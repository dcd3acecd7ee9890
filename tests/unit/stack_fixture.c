/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_fixture - the command's and the host's side of a stack under test */
#include "tests/unit/stack_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/host_socket.h"
#include "src/autoclose.h"

static void on_frame(const void *frame, size_t size, void *opaque)
{
	struct stack_fixture *f = opaque;

	g_ptr_array_add(f->frames, g_bytes_new(frame, size));
	f->running = false;
}

void stack_fixture_init(struct stack_fixture *f)
{
	const struct stack_options options = {
		.link = &f->link, .send_frame_to_tap = on_frame, .opaque = f};
	g_autoptr(GError) error = NULL;
	struct ip_prefix prefix;

	*f = (struct stack_fixture){.link = {.kind = LINK_TAP, .mtu = 1500, .mac = {{MAC}}}};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&f->link.v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&f->link.v6, &prefix);
	f->frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	f->stack = stack_new(&options, &error);
	g_assert_no_error(error);
}

void stack_fixture_done(struct stack_fixture *f)
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
static void run_until_frame(struct stack_fixture *f)
{
	guint deadline = g_timeout_add_seconds(DEADLINE_S, on_deadline, NULL);

	f->running = true;
	stack_run(f->stack, &f->running);
	g_source_remove(deadline);
}

void stack_fixture_run_once(struct stack_fixture *f)
{
	f->running = true;
	g_idle_add(on_turn, &f->running);
	stack_run(f->stack, &f->running);
}

guint stack_fixture_expect_ethertype(struct stack_fixture *f, uint16_t type, guint first)
{
	for (guint i = first;; i++) {
		while (i >= f->frames->len)
			run_until_frame(f);
		const uint8_t *data = g_bytes_get_data(f->frames->pdata[i], NULL);
		if ((data[12] << 8 | data[13]) == type)
			return i;
	}
}

struct frame stack_fixture_expect_ip(struct stack_fixture *f, uint8_t protocol)
{
	for (guint i = 0;; i++) {
		struct frame frame;
		gsize size;

		i = stack_fixture_expect_ethertype(f, ETHERTYPE_IP, i);
		const uint8_t *data = g_bytes_get_data(f->frames->pdata[i], &size);
		frame_parse(&frame, data, size);
		if (frame.kind == FRAME_IP && frame.protocol == protocol)
			return frame;
	}
}

void stack_fixture_send_arp(struct stack_fixture *f, uint8_t operation, const char *target)
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, MAC, 0x08, 0x06,
			     /* Ethernet, IPv4, sizes */
			     0, 1, 8, 0, 6, 4, 0, operation, MAC, 10, 0, 2, 100};

	g_assert_cmpint(inet_pton(AF_INET, target, frame + 38), ==, 1);
	stack_input(f->stack, frame, sizeof(frame));
}

void stack_fixture_send_packet(struct stack_fixture *f, struct packet *packet)
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

int stack_fixture_connect_to(const char *host, int type, uint16_t port)
{
	struct ip_address address = address_of(host);
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(&address, port, &sockaddr);
	int fd = socket(address.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connect(fd, (struct sockaddr *)&sockaddr, size) < 0)
		g_assert_cmpint(errno, ==, EINPROGRESS);
	return fd;
}

struct port_binding stack_fixture_publish(struct stack_fixture *f, int protocol, const char *host)
{
	struct port_binding binding = {
		.rule_id = 1, .protocol = protocol, .host = address_of(host), .guest_port = 80};
	g_autoptr(GError) error = NULL;

	binding.guest = link_config_network(&f->link, binding.host.family)->command;
	g_assert_true(host_socket_open(&binding));
	stack_publish(f->stack, &binding, &error);
	g_assert_no_error(error);
	return binding;
}

void stack_fixture_unpublish(struct stack_fixture *f, const struct port_binding *binding)
{
	stack_unpublish(f->stack, binding);
	g_assert_no_errno(close(binding->fd));
}
