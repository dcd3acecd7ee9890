/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_relay_limit - relayed connections with limits of bandwidth */
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/bucket.h"
#include "tests/unit/line.h"

#define N_LINES 4

/* A relay with limits, and lines through it. */
struct limited {
	struct bucket out, in;
	struct relay *relay;
	struct line lines[N_LINES];
	unsigned n_fds;
};

static void configure(struct bucket *bucket, const char *text)
{
	struct rate rate;

	g_assert_true(rate_parse(text, &rate, NULL));
	bucket_configure(bucket, &rate);
}

static void open_limited(struct limited *limited, const char *out, const char *in)
{
	*limited = (struct limited){.n_fds = line_count_fds()};
	configure(&limited->out, out);
	configure(&limited->in, in);
	limited->relay = relay_new(2, NULL);
	g_assert_nonnull(limited->relay);
	relay_set_limits(limited->relay, &limited->out, &limited->in);
	g_assert_true(relay_start(limited->relay, NULL));
	for (int i = 0; i < N_LINES; i++)
		line_open(&limited->lines[i], limited->relay, 0);
}

static void close_limited(struct limited *limited)
{
	for (int i = 0; i < N_LINES; i++)
		line_close(&limited->lines[i]);
	relay_free(limited->relay);
	g_assert_cmpuint(limited->out.n_waiting, ==, 0);
	g_assert_cmpuint(limited->in.n_waiting, ==, 0);
	g_assert_cmpuint(line_count_fds(), ==, limited->n_fds);
}

static void send_all(struct limited *limited, bool is_out, size_t size)
{
	g_autofree char *data = g_malloc0(size);

	for (int i = 0; i < N_LINES; i++) {
		int fd = is_out ? limited->lines[i].client : limited->lines[i].server;

		g_assert_cmpint(send(fd, data, size, MSG_NOSIGNAL), ==, size);
		g_assert_no_errno(shutdown(fd, SHUT_WR));
	}
}

static void receive_all(struct limited *limited, bool is_out, size_t size)
{
	g_autofree char *data = g_malloc(size);

	for (int i = 0; i < N_LINES; i++) {
		int fd = is_out ? limited->lines[i].server : limited->lines[i].client;

		g_assert_cmpint(recv(fd, data, size, MSG_WAITALL), ==, size);
		line_expect_eof(fd);
	}
}

/* All lines together are no faster, in either direction, and all that was sent arrives. */
static void test_rate(void)
{
	const size_t size = 100 * 1000;
	struct limited limited;

	for (int is_out = 0; is_out < 2; is_out++) {
		open_limited(&limited, is_out ? "8mbit" : "unlimited",
			     is_out ? "unlimited" : "8mbit");
		gint64 begin_us = g_get_monotonic_time();
		send_all(&limited, is_out, size);
		receive_all(&limited, is_out, size);
		/* 400 kB at 1 MB/s, of which the burst and the last turns come early. */
		g_assert_cmpint(g_get_monotonic_time() - begin_us, >, 300 * 1000);
		close_limited(&limited);
	}
}

static uint64_t moved(const struct limited *limited)
{
	struct relay_stats stats = line_get_stats(limited->relay);

	return stats.bytes_to_host + stats.bytes_to_namespace;
}

static void wait_for_waiting(const struct limited *limited)
{
	gint64 deadline = g_get_monotonic_time() + LINE_DEADLINE;

	while (limited->out.n_waiting < N_LINES) {
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
		sched_yield();
	}
}

/* Who waits by the old rate, for hours, goes on by the new one. */
static void test_configure(void)
{
	const size_t size = 400 * 1000;
	struct limited limited;

	open_limited(&limited, "1kbit", "unlimited");
	send_all(&limited, true, size);
	wait_for_waiting(&limited);
	g_assert_cmpuint(moved(&limited), <, size / 10);
	configure(&limited.out, "1gbit");
	relay_apply_limits(limited.relay);
	while (moved(&limited) < size / 2)
		sched_yield();
	configure(&limited.out, "unlimited");
	relay_apply_limits(limited.relay);
	receive_all(&limited, true, size);
	close_limited(&limited);
}

/* Connections that end while they wait: by an RST of either side, and with the relay. */
static void test_end(void)
{
	struct limited limited;

	open_limited(&limited, "1kbit", "unlimited");
	send_all(&limited, true, 400 * 1000);
	wait_for_waiting(&limited);
	relay_reset_socket(limited.lines[0].server);
	limited.lines[0].server = -1;
	line_wait_for_active(limited.relay, N_LINES - 1);
	close_limited(&limited);
}

static bool may_go_on(const struct flow_ends *ends G_GNUC_UNUSED, int protocol G_GNUC_UNUSED,
		      void *opaque G_GNUC_UNUSED)
{
	return false;
}

/* What policy ends does not wait for its turn. */
static void test_cut(void)
{
	struct limited limited;
	int namespace_fd, host_fd;

	open_limited(&limited, "1kbit", "1kbit");
	line_close(&limited.lines[0]);
	line_wait_for_active(limited.relay, N_LINES - 1);
	line_connect(0, &limited.lines[0].client, &namespace_fd);
	line_connect(0, &limited.lines[0].server, &host_fd);
	g_assert_true(line_add(limited.relay, RELAY_OUTGOING, namespace_fd, host_fd));
	send_all(&limited, true, 400 * 1000);
	wait_for_waiting(&limited);
	relay_cut(limited.relay, may_go_on, NULL);
	line_wait_for_active(limited.relay, N_LINES - 1);
	close_limited(&limited);
}

/* A question and its answer, beside three lines that have more than the limit. */
static void test_latency(void)
{
	struct limited limited;
	g_autofree char *data = g_malloc0(2000 * 1000);
	gint64 best_us = G_MAXINT64;

	open_limited(&limited, "20mbit", "unlimited");
	for (int i = 1; i < N_LINES; i++)
		g_assert_cmpint(send(limited.lines[i].client, data, 2000 * 1000, MSG_DONTWAIT), >,
				100 * 1000);
	for (int i = 0; i < 10; i++) {
		gint64 begin_us = g_get_monotonic_time();

		line_send_text(limited.lines[0].client, "ping");
		line_expect_text(limited.lines[0].server, "ping");
		best_us = MIN(best_us, g_get_monotonic_time() - begin_us);
	}
	g_assert_cmpint(best_us, <, 50 * 1000);
	close_limited(&limited);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay_limit/rate", test_rate);
	g_test_add_func("/relay_limit/configure", test_configure);
	g_test_add_func("/relay_limit/end", test_end);
	g_test_add_func("/relay_limit/cut", test_cut);
	g_test_add_func("/relay_limit/latency", test_latency);
	return g_test_run();
}
