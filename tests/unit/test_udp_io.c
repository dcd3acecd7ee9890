/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_udp_io - batches of datagrams over loopback: segmentation, coalescing, errors */
#include "forwarder/udp_io.h"

#include <errno.h>
#include <linux/in6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>

#include "forwarder/host_socket.h"
#include "forwarder/udp_host.h"
#include "src/autoclose.h"

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

static uint8_t pattern[1 << 17];

static int open_at(const char *text)
{
	struct port_binding binding = {.protocol = IPPROTO_UDP};

	g_assert_true(ip_address_parse(text, &binding.host, NULL));
	g_assert_true(host_socket_open(&binding));
	g_assert_true(udp_host_prepare_published(binding.fd, binding.host.family));
	return binding.fd;
}

static int make_socket(const char *loopback, struct udp_endpoint *ret_endpoint)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int fd = open_at(loopback);

	g_assert_no_errno(getsockname(fd, (struct sockaddr *)&name, &size));
	g_assert_true(udp_endpoint_from_sockaddr((struct sockaddr *)&name, ret_endpoint));
	return fd;
}

static void set_gro(int fd, int on)
{
	g_assert_no_errno(setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on)));
}

static void receive(struct udp_batch *batch, int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	g_assert_cmpint(poll(&entry, 1, 10000), ==, 1);
	g_assert_true(udp_batch_receive(batch, fd));
}

static struct udp_message message_of(size_t offset, size_t size, size_t segment_size)
{
	return (struct udp_message){
		.data = pattern + offset,
		.size = size,
		.segment_size = segment_size,
	};
}

/* Receives datagrams of these sizes, in this order, that follow each other in the pattern. */
static void expect(struct udp_batch *batch, int fd, const size_t *sizes, size_t n)
{
	size_t offset = 0, done = 0;

	while (done < n) {
		receive(batch, fd);
		for (size_t i = 0; i < batch->count; i++) {
			const struct udp_message *message = &batch->messages[i];
			g_assert_cmpuint(udp_message_datagrams(message), ==, 1);
			g_assert_cmpuint(message->size, ==, sizes[done]);
			g_assert_cmpmem(message->data, message->size, pattern + offset,
					message->size);
			offset += message->size;
			done++;
		}
	}
	g_assert_cmpuint(done, ==, n);
}

/* Whatever is grouped on the way, the same datagrams come out. */
static void test_datagrams_stay_whole(void)
{
	static const size_t sizes[] = {1400, 1400, 1400,  900,	 1400,	1,     0,     0,
				       7,    7,	   20000, 20000, 20000, 20000, 20000, 5};
	struct udp_message messages[G_N_ELEMENTS(sizes)];
	struct udp_batch *batch = udp_batch_new();
	size_t offset = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		messages[i] = message_of(offset, sizes[i], sizes[i]);
		offset += sizes[i];
	}
	for (size_t family = 0; family < G_N_ELEMENTS(loopbacks); family++) {
		struct udp_endpoint from, to;
		autoclose int sender = make_socket(loopbacks[family], &from);
		autoclose int receiver = make_socket(loopbacks[family], &to);
		set_gro(receiver, 0);
		for (int unsegmented = 0; unsegmented < 2; unsegmented++) {
			struct udp_route route = {.to = to, .is_unsegmented = unsegmented};
			g_assert_cmpuint(
				udp_io_send(sender, &route, messages, G_N_ELEMENTS(messages)), ==,
				G_N_ELEMENTS(messages));
			expect(batch, receiver, sizes, G_N_ELEMENTS(sizes));
			g_assert_true(udp_endpoint_equal(&batch->messages[0].source, &from));
			g_assert_true(route.is_unsegmented == unsegmented);
		}
	}
	udp_batch_free(batch);
}

/* Equal datagrams leave as one and arrive as one where the receiver can take it. */
static void test_equal_datagrams_travel_together(void)
{
	struct udp_endpoint from, to;
	autoclose int sender = make_socket("127.0.0.1", &from);
	autoclose int receiver = make_socket("127.0.0.1", &to);
	struct udp_batch *batch = udp_batch_new();
	struct udp_message messages[10];
	struct udp_route route = {.to = to};

	for (size_t i = 0; i < 9; i++)
		messages[i] = message_of(i * 1000, 1000, 1000);
	messages[9] = message_of(9000, 300, 300);
	g_assert_cmpuint(udp_io_send(sender, &route, messages, 10), ==, 10);
	receive(batch, receiver);
	g_assert_cmpuint(batch->count, ==, 1);
	g_assert_cmpuint(batch->messages[0].segment_size, ==, 1000);
	g_assert_cmpuint(udp_message_datagrams(&batch->messages[0]), ==, 10);
	g_assert_cmpmem(batch->messages[0].data, batch->messages[0].size, pattern, 9300);

	/* And a received one goes on as it is, or in pieces where segmentation is refused. */
	struct udp_message received = message_of(0, 9300, 1000);
	g_assert_cmpuint(udp_io_send(sender, &route, &received, 1), ==, 1);
	receive(batch, receiver);
	g_assert_cmpuint(udp_message_datagrams(&batch->messages[0]), ==, 10);
	route.is_unsegmented = true;
	set_gro(receiver, 0);
	static const size_t pieces[] = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 300};
	g_assert_cmpuint(udp_io_send(sender, &route, &received, 1), ==, 1);
	expect(batch, receiver, pieces, G_N_ELEMENTS(pieces));
	udp_batch_free(batch);
}

/* More datagrams in one message than one call can send. */
static void test_many_pieces(void)
{
	struct udp_endpoint from, to;
	autoclose int sender = make_socket("127.0.0.1", &from);
	autoclose int receiver = make_socket("127.0.0.1", &to);
	struct udp_batch *batch = udp_batch_new();
	struct udp_message messages[] = {message_of(0, 300, 100), message_of(300, 12800, 100),
					 message_of(13100, 50, 50)};
	struct udp_route route = {.to = to};
	size_t sizes[132];

	for (size_t i = 0; i < 131; i++)
		sizes[i] = 100;
	sizes[131] = 50;
	set_gro(receiver, 0);
	for (int unsegmented = 0; unsegmented < 2; unsegmented++) {
		route.is_unsegmented = unsegmented;
		g_assert_cmpuint(udp_io_send(sender, &route, messages, 3), ==, 3);
		expect(batch, receiver, sizes, G_N_ELEMENTS(sizes));
	}
	udp_batch_free(batch);
}

/* A size that no path takes in segments, but every one in fragments. */
static void test_falls_back_to_fragments(void)
{
	struct udp_endpoint from, to;
	autoclose int sender = make_socket("127.0.0.1", &from);
	autoclose int receiver = make_socket("127.0.0.1", &to);
	struct udp_batch *batch = udp_batch_new();
	struct udp_message message = message_of(0, 130000, 65000);
	struct udp_route route = {.to = to};
	static const size_t sizes[] = {65000, 65000};

	g_assert_cmpuint(udp_io_send(sender, &route, &message, 1), ==, 1);
	g_assert_true(route.is_unsegmented);
	expect(batch, receiver, sizes, 2);
	udp_batch_free(batch);
}

/* Datagrams of one message that have been sent are not sent again with those that could not be. */
static void test_stops_within_a_message(void)
{
	enum { SIZE = 100, N = 1300 };
	struct udp_message message = message_of(0, SIZE * N, SIZE);
	struct udp_route route = {.is_unsegmented = true};
	uint8_t buffer[SIZE];
	unsigned n_stops = 0;
	size_t received = 0;
	int fds[2];

	/* The queue of a unix socket tells when it is full. */
	g_assert_no_errno(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
	while (received < N) {
		if (udp_io_send(fds[0], &route, &message, 1) == 0) {
			g_assert_cmpint(errno, ==, EAGAIN);
			n_stops++;
		} else {
			message.size = 0;
		}
		for (; recv(fds[1], buffer, SIZE, 0) == SIZE; received++)
			g_assert_cmpmem(buffer, SIZE, pattern + received * SIZE, SIZE);
		g_assert_cmpuint(received * SIZE + message.size, ==, SIZE * N);
	}
	g_assert_cmpuint(n_stops, >, 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_runs(void)
{
	struct udp_endpoint a_endpoint, b_endpoint, to;
	autoclose int a = make_socket("127.0.0.1", &a_endpoint);
	autoclose int b = make_socket("127.0.0.1", &b_endpoint);
	autoclose int receiver = make_socket("127.0.0.1", &to);
	struct udp_batch *batch = udp_batch_new();
	struct udp_message messages[] = {message_of(0, 10, 10), message_of(10, 20, 20)};
	struct udp_route route = {.to = to};

	udp_io_send(a, &route, messages, 2);
	udp_io_send(b, &route, messages, 1);
	receive(batch, receiver);
	g_assert_cmpuint(batch->count, ==, 3);
	g_assert_cmpuint(udp_batch_run(batch, 0), ==, 2);
	g_assert_cmpuint(udp_batch_run(batch, 2), ==, 1);
	g_assert_true(udp_endpoint_equal(&batch->messages[2].source, &b_endpoint));
	g_assert_true(ip_address_equal(&batch->messages[0].destination.address, &to.address));
	g_assert_false(udp_batch_receive(batch, receiver));
	g_assert_cmpint(errno, ==, EAGAIN);
	udp_batch_free(batch);
}

/* Answers leave from the address that was asked. */
static void test_source_address(void)
{
	struct udp_endpoint from, to;
	autoclose int sender = open_at("0.0.0.0");
	autoclose int receiver = make_socket("127.0.0.1", &to);
	struct udp_batch *batch = udp_batch_new();
	struct udp_message message = message_of(0, 3, 3);
	struct udp_route route = {.to = to};

	g_assert_true(ip_address_parse("127.0.0.9", &route.from, NULL));
	g_assert_cmpuint(udp_io_send(sender, &route, &message, 1), ==, 1);
	receive(batch, receiver);
	from = batch->messages[0].source;
	g_assert_true(ip_address_equal(&from.address, &route.from));
	udp_batch_free(batch);
}

/* A refused datagram: what the network says of it, and to whom it went. */
static void test_errors(void)
{
	const struct link_config link = {0};
	const struct outbound outbound = {0};
	const struct way_out way_out = {&link, &outbound};

	for (size_t family = 0; family < G_N_ELEMENTS(loopbacks); family++) {
		struct udp_endpoint closed;
		autoclose int unused = make_socket(loopbacks[family], &closed);
		autoclose int sender = udp_host_open(closed.address.family, &way_out);
		struct udp_message message = message_of(5, 700, 700);
		struct udp_route route = {.to = closed};
		struct udp_error failure;

		close_fd(&unused);
		g_assert_false(udp_io_receive_error(sender, &failure));
		g_assert_cmpuint(udp_io_send(sender, &route, &message, 1), ==, 1);
		struct pollfd entry = {.fd = sender};
		g_assert_cmpint(poll(&entry, 1, 10000), ==, 1);
		g_assert_true(udp_io_receive_error(sender, &failure));
		g_assert_cmpint(failure.errnum, ==, ECONNREFUSED);
		g_assert_true(udp_endpoint_equal(&failure.to, &closed));
		g_assert_cmpuint(failure.size, >=, 8);
		g_assert_cmpmem(failure.data, failure.size, pattern + 5, failure.size);
		g_assert_false(udp_io_receive_error(sender, &failure));
	}
}

static void test_unsendable(void)
{
	struct udp_endpoint from;
	autoclose int sender = make_socket("127.0.0.1", &from);
	struct udp_route route = {.to = from};
	struct udp_message messages[] = {message_of(0, 9, 9), message_of(9, 65530, 65530),
					 message_of(0, 9, 9)};

	g_assert_cmpuint(udp_io_send(sender, &route, messages, 3), ==, 1);
	g_assert_cmpint(errno, ==, EMSGSIZE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 2654435761u >> 13);
	g_test_add_func("/udp-io/datagrams-stay-whole", test_datagrams_stay_whole);
	g_test_add_func("/udp-io/travel-together", test_equal_datagrams_travel_together);
	g_test_add_func("/udp-io/many-pieces", test_many_pieces);
	g_test_add_func("/udp-io/fragments", test_falls_back_to_fragments);
	g_test_add_func("/udp-io/stops-within-a-message", test_stops_within_a_message);
	g_test_add_func("/udp-io/runs", test_runs);
	g_test_add_func("/udp-io/source-address", test_source_address);
	g_test_add_func("/udp-io/errors", test_errors);
	g_test_add_func("/udp-io/unsendable", test_unsendable);
	return g_test_run();
}
