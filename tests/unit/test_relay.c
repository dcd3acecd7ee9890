/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_relay - the ends of relayed connections: FIN, RST, both orders, both sides */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/line.h"

static void test_half_close(void)
{
	struct relay *relay = line_new_relay(1);
	unsigned n_fds = line_count_fds();

	for (int mirrored = 0; mirrored < 2; mirrored++) {
		struct line line;

		line_open(&line, relay, 0);
		line_check_half_close(mirrored ? line_mirror(line) : line);
		/* The pair ends although both peers are still open. */
		line_wait_for_active(relay, 0);
		line_close(&line);
	}
	g_assert_cmpuint(line_count_fds(), ==, n_fds);
	g_assert_cmpuint(line_get_stats(relay).opened, ==, 2);
	g_assert_cmpuint(line_get_stats(relay).reset, ==, 0);
	g_assert_cmpuint(line_get_stats(relay).bytes_to_host, ==, 28);
	g_assert_cmpuint(line_get_stats(relay).bytes_to_namespace, ==, 28);
	relay_free(relay);
}

static void test_reset(void)
{
	struct relay *relay = line_new_relay(1);

	for (int mirrored = 0; mirrored < 2; mirrored++) {
		struct line line, seen;

		line_open(&line, relay, 0);
		seen = mirrored ? line_mirror(line) : line;
		line_send_text(seen.client, "ping");
		line_expect_text(seen.server, "ping");
		relay_reset_socket(seen.client);
		line_expect_reset(seen.server);
		line_wait_for_active(relay, 0);
		close(seen.server);
	}
	g_assert_cmpuint(line_get_stats(relay).reset, ==, 2);
	relay_free(relay);
}

/* The sender's RST must not overtake what the receiver had no room for yet. */
static void test_data_before_reset(void)
{
	const size_t size = 200 * 1000;
	struct relay *relay = line_new_relay(1);
	g_autofree char *data = g_malloc0(size);
	struct line line;

	line_open(&line, relay, 4096);
	g_assert_cmpint(send(line.server, data, size, 0), ==, size);
	while (line_get_stats(relay).bytes_to_namespace < size)
		sched_yield();
	relay_reset_socket(line.server);
	g_assert_cmpint(recv(line.client, data, size, MSG_WAITALL), ==, size);
	line_expect_reset(line.client);
	line_wait_for_active(relay, 0);
	close(line.client);
	relay_free(relay);
}

/* An RST from a side that had sent its FIN finds no read to fail. */
static void test_reset_after_half_close(void)
{
	struct relay *relay = line_new_relay(1);

	for (int mirrored = 0; mirrored < 2; mirrored++) {
		struct line line, seen;

		line_open(&line, relay, 0);
		seen = mirrored ? line_mirror(line) : line;
		g_assert_no_errno(shutdown(seen.client, SHUT_WR));
		line_expect_eof(seen.server);
		relay_reset_socket(seen.client);

		struct pollfd pollfd = {.fd = seen.server};
		g_assert_cmpint(poll(&pollfd, 1, LINE_DEADLINE / 1000), ==, 1);
		g_assert_cmpint(pollfd.revents, ==, POLLERR | POLLHUP);
		line_wait_for_active(relay, 0);
		close(seen.server);
	}
	relay_free(relay);
}

/* A reader that closes for good ends the pair, though the writer never reads. */
static void test_writer_without_reader(void)
{
	static const char block[65536];
	struct relay *relay = line_new_relay(1);
	struct line line;

	line_open(&line, relay, 0);
	close(line.server);
	while (send(line.client, block, sizeof(block), MSG_NOSIGNAL) > 0)
		continue;
	g_assert_true(errno == ECONNRESET || errno == EPIPE);
	line_wait_for_active(relay, 0);
	close(line.client);
	relay_free(relay);
}

static void test_urgent_data(void)
{
	struct relay *relay = line_new_relay(1);
	struct line line;

	line_open(&line, relay, 0);
	line_send_text(line.client, "before ");
	g_assert_cmpint(send(line.client, "!", 1, MSG_OOB), ==, 1);
	line_send_text(line.client, " after");
	line_expect_text(line.server, "before ! after");
	line_close(&line);
	relay_free(relay);
}

static void test_free_with_pairs(void)
{
	unsigned n_fds = line_count_fds();
	struct relay *relay = line_new_relay(2);
	struct line lines[10];

	for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++)
		line_open(&lines[i], relay, 0);
	relay_free(relay);
	for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
		line_expect_reset(lines[i].client);
		line_expect_reset(lines[i].server);
		line_close(&lines[i]);
	}
	g_assert_cmpuint(line_count_fds(), ==, n_fds);
	relay_free(NULL);
}

/* epoll(7) refuses a regular file, as it may refuse a socket when memory is short. */
static void test_add_fails(void)
{
	unsigned n_fds = line_count_fds();
	struct relay *relay = line_new_relay(1);

	for (int mirrored = 0; mirrored < 2; mirrored++) {
		int client, near, file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

		line_connect(0, &client, &near);
		g_assert_false(line_add(relay, RELAY_OUTGOING, mirrored ? file : near,
					mirrored ? near : file));
		line_expect_reset(client);
		close(client);
	}
	line_wait_for_active(relay, 0);
	relay_free(relay);
	g_assert_cmpuint(line_count_fds(), ==, n_fds);
}

/* The record of the only pair, once it has that many bytes and that state. */
static struct flow_record await_record(const struct relay *relay, enum flow_state state,
				       uint64_t bytes)
{
	gint64 deadline = g_get_monotonic_time() + LINE_DEADLINE;
	g_autofree struct flow_page *page = g_new(struct flow_page, 1);

	do {
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
		sched_yield();
		flow_page_init(page, 0, FLOW_PAGE_MAX);
		relay_list(relay, page);
		g_assert_cmpuint(page->count, ==, 1);
	} while (page->records[0].state != state ||
		 page->records[0].bytes_from_command + page->records[0].bytes_to_command != bytes);
	return page->records[0];
}

static void test_account(void)
{
	struct relay *relay = line_new_relay(2);
	struct port_tally tally = {.n_holders = 1};
	struct relay_connection connection = {
		.flow = {.id = 7, .since_us = 8, .ends = {.command_port = 9, .remote_port = 10}},
		.origin = RELAY_PUBLISHED,
		.tally = port_tally_open(&tally),
	};
	struct line line;

	line_connect(0, &line.client, &connection.namespace_fd);
	line_connect(0, &line.server, &connection.host_fd);
	g_assert_true(relay_add(relay, &connection));
	line_send_text(line.client, "ping");
	line_expect_text(line.server, "ping");
	line_send_text(line.server, "a longer one");
	line_expect_text(line.client, "a longer one");
	struct flow_record record = await_record(relay, FLOW_ESTABLISHED, 16);
	g_assert_cmpuint(record.identity.id, ==, 7);
	g_assert_cmpint(record.identity.since_us, ==, 8);
	g_assert_cmpuint(record.identity.ends.remote_port, ==, 10);
	g_assert_cmpint(record.protocol, ==, IPPROTO_TCP);
	g_assert_cmpuint(record.bytes_from_command, ==, 4);
	g_assert_cmpuint(record.bytes_to_command, ==, 12);
	g_assert_cmpuint(tally.active, ==, 1);
	shutdown(line.client, SHUT_WR);
	line_expect_eof(line.server);
	await_record(relay, FLOW_CLOSING, 16);
	line_close(&line);
	line_wait_for_active(relay, 0);
	relay_free(relay);
	/* The port's own holder is left, and the sums. */
	g_assert_cmpuint(tally.n_holders, ==, 1);
	g_assert_cmpuint(tally.active, ==, 0);
	g_assert_cmpuint(tally.flows, ==, 1);
	g_assert_cmpuint(tally.bytes_from_command, ==, 4);
	g_assert_cmpuint(tally.bytes_to_command, ==, 12);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/half-close", test_half_close);
	g_test_add_func("/relay/account", test_account);
	g_test_add_func("/relay/reset", test_reset);
	g_test_add_func("/relay/data-before-reset", test_data_before_reset);
	g_test_add_func("/relay/reset-after-half-close", test_reset_after_half_close);
	g_test_add_func("/relay/writer-without-reader", test_writer_without_reader);
	g_test_add_func("/relay/urgent-data", test_urgent_data);
	g_test_add_func("/relay/free-with-pairs", test_free_with_pairs);
	g_test_add_func("/relay/add-fails", test_add_fails);
	return g_test_run();
}
