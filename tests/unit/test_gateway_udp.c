/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_gateway_udp - UDP over a gateway link: flows, fragments, and what stays on the TAP */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include <linux/in6.h>

#include <glib.h>

#include "src/autoclose.h"
#include "tests/unit/fixture.h"

/* Receives a datagram; *ret_original is where it was sent to, if that is known. */
static size_t receive(int fd, void *buffer, size_t size, struct sockaddr_storage *ret_source,
		      struct sockaddr_storage *ret_original)
{
	char control[256];
	struct iovec vector = {buffer, size};
	struct msghdr message = {.msg_name = ret_source,
				 .msg_namelen = sizeof(*ret_source),
				 .msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};

	fixture_wait_for(fd, POLLIN);
	ssize_t received = recvmsg(fd, &message, 0);
	g_assert_cmpint(received, >=, 0);
	memset(ret_original, 0, sizeof(*ret_original));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_ORIGDSTADDR) ||
		    (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_ORIGDSTADDR))
			memcpy(ret_original, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	}
	return (size_t)received;
}

/* size above the MTU makes fragments, which must come out whole on both kinds of sockets. */
static void check_udp_flow(struct fixture *f, int agent, int family, size_t size)
{
	static uint8_t data[8000], buffer[9000];
	struct sockaddr_storage source, original;
	struct endpoint target = fixture_endpoint_of(fixture_remote[family == AF_INET6], 443);
	struct endpoint inner = fixture_command_endpoint(f, family, 40002);
	autoclose int command = fixture_command_socket(f, family, SOCK_DGRAM);
	autoclose int flow = fixture_agent_socket(agent, family, SOCK_DGRAM);

	fixture_bind_to(command, &inner);
	memset(data, 'a', size);
	fixture_send_datagram(command, data, size, &target);
	int wildcard = family == AF_INET ? f->gateway.udp4 : f->gateway.udp6;
	g_assert_cmpuint(receive(wildcard, buffer, sizeof(buffer), &source, &original), ==, size);
	fixture_assert_endpoint(&source, &inner);
	fixture_assert_endpoint(&original, &target);

	fixture_bind_to(flow, &target);
	fixture_connect_to(flow, &inner);
	memset(data, 'b', size);
	fixture_send_datagram(command, data, size, &target);
	g_assert_cmpuint(receive(flow, buffer, sizeof(buffer), &source, &original), ==, size);
	g_assert_cmpmem(buffer, size, data, size);
	fixture_assert_endpoint(&source, &inner);

	g_assert_cmpint(send(flow, data, size, 0), ==, (gssize)size);
	g_assert_cmpuint(receive(command, buffer, sizeof(buffer), &source, &original), ==, size);
	fixture_assert_endpoint(&source, &target);
}

static void test_udp(void)
{
	struct fixture f;
	int agent;

	if (!fixture_init(&f, true))
		return;
	pid_t pid = fixture_start_agent(&agent);
	for (int i = 0; i < 2; i++) {
		check_udp_flow(&f, agent, fixture_families[i], 1400);
		check_udp_flow(&f, agent, fixture_families[i], 8000);
	}
	fixture_end_agent(pid, agent);
	fixture_done(&f);
}

static void assert_udp_on_tap(struct fixture *f, const struct endpoint *target)
{
	uint8_t frame[2048];
	bool is_v4 = target->address.family == AF_INET;
	size_t destination = is_v4 ? 30 : 38, length = is_v4 ? 4 : 16;
	autoclose int fd = fixture_command_socket(f, target->address.family, SOCK_DGRAM);
	int on = 1;

	g_assert_no_errno(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)));
	fixture_send_datagram(fd, "x", 1, target);
	fixture_read_frame(f->gateway.tap, IPPROTO_UDP, frame, sizeof(frame));
	g_assert_cmpmem(frame + destination, length, target->address.bytes, length);
}

/* What libslirp answers stays on the TAP. */
static void test_udp_exceptions(void)
{
	static const struct {
		const char *address;
		uint16_t port;
	} targets[] = {
		{"10.0.2.2", 67},      {"255.255.255.255", 67}, {"10.0.2.255", 9},
		{"224.0.0.251", 5353}, {"ff02::fb", 5353},	{"fd00::2", 547},
	};
	struct fixture f;

	if (!fixture_init(&f, true))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
		struct endpoint target = fixture_endpoint_of(targets[i].address, targets[i].port);
		assert_udp_on_tap(&f, &target);
	}
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gateway-udp/flow", test_udp);
	g_test_add_func("/gateway-udp/exceptions", test_udp_exceptions);
	return g_test_run();
}
