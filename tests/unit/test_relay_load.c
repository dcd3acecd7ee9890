/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_relay_load - relayed bytes arrive, in any size and number, and with what memory and files */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/line.h"

struct stream {
	int fd;
	size_t size;
	size_t chunk; /* bytes per call */
	guint32 seed;
	char *checksum;
};

static gpointer send_stream(gpointer data)
{
	struct stream *stream = data;
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_MD5);
	g_autoptr(GRand) random = g_rand_new_with_seed(stream->seed);
	g_autofree guint32 *block = g_malloc(stream->chunk + sizeof(guint32));

	for (size_t done = 0; done < stream->size;) {
		size_t size = MIN(stream->chunk, stream->size - done);

		for (size_t i = 0; i <= size / sizeof(guint32); i++)
			block[i] = g_rand_int(random);
		g_checksum_update(checksum, (guchar *)block, size);
		for (size_t sent = 0; sent < size;) {
			ssize_t n = send(stream->fd, (char *)block + sent, size - sent, 0);

			g_assert_cmpint(n, >, 0);
			sent += n;
		}
		done += size;
	}
	g_assert_no_errno(shutdown(stream->fd, SHUT_WR));
	stream->checksum = g_strdup(g_checksum_get_string(checksum));
	return NULL;
}

static gpointer receive_stream(gpointer data)
{
	struct stream *stream = data;
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_MD5);
	g_autofree guchar *block = g_malloc(stream->chunk);
	ssize_t n;

	while ((n = recv(stream->fd, block, stream->chunk, 0)) > 0) {
		g_checksum_update(checksum, block, n);
		stream->size += n;
	}
	g_assert_cmpint(n, ==, 0);
	stream->checksum = g_strdup(g_checksum_get_string(checksum));
	return NULL;
}

/* Sends size bytes each way at once, read in calls of chunk bytes. */
static void check_duplex(struct line line, size_t size, size_t chunk)
{
	struct stream streams[] = {
		{.fd = line.client, .size = size, .chunk = 65536, .seed = 1},
		{.fd = line.server, .size = size, .chunk = 65536, .seed = 2},
		{.fd = line.server, .chunk = chunk},
		{.fd = line.client, .chunk = chunk},
	};
	GThread *threads[G_N_ELEMENTS(streams)];

	for (unsigned i = 0; i < G_N_ELEMENTS(streams); i++)
		threads[i] = g_thread_new(NULL, i < 2 ? send_stream : receive_stream, &streams[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(streams); i++)
		g_thread_join(threads[i]);
	for (unsigned i = 0; i < 2; i++) {
		g_assert_cmpuint(streams[i + 2].size, ==, size);
		g_assert_cmpstr(streams[i + 2].checksum, ==, streams[i].checksum);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(streams); i++)
		g_free(streams[i].checksum);
}

static void test_transfer(gconstpointer data)
{
	size_t size = GPOINTER_TO_SIZE(data);
	struct relay *relay = line_new_relay(0);
	const struct {
		int receive_buffer;
		size_t chunk;
	} readers[] = {{0, 256 * 1024}, {8192, 1500}};

	for (unsigned i = 0; i < G_N_ELEMENTS(readers); i++) {
		struct line line;

		line_open(&line, relay, readers[i].receive_buffer);
		check_duplex(line, size, readers[i].chunk);
		line_wait_for_active(relay, 0);
		line_close(&line);
	}
	g_assert_cmpuint(line_get_stats(relay).bytes_to_host, ==, 2 * size);
	g_assert_cmpuint(line_get_stats(relay).bytes_to_namespace, ==, 2 * size);
	g_assert_cmpuint(line_get_stats(relay).reset, ==, 0);
	relay_free(relay);
}

/* One worker: a stream that never pauses must leave the other pair its turns. */
static void test_fairness(void)
{
	struct relay *relay = line_new_relay(1);
	struct line bulk, small;
	struct stream sender = {.size = 256 << 20, .chunk = 1 << 20};
	struct stream receiver = {.chunk = 1 << 20};

	line_open(&bulk, relay, 0);
	line_open(&small, relay, 0);
	sender.fd = bulk.client;
	receiver.fd = bulk.server;
	GThread *send_thread = g_thread_new(NULL, send_stream, &sender);
	GThread *receive_thread = g_thread_new(NULL, receive_stream, &receiver);
	for (int i = 0; i < 100; i++) {
		line_send_text(small.client, "ping");
		line_expect_text(small.server, "ping");
	}
	g_assert_cmpuint(line_get_stats(relay).bytes_to_host, <, 256 << 20);
	g_thread_join(send_thread);
	g_thread_join(receive_thread);
	g_free(sender.checksum);
	g_free(receiver.checksum);
	line_close(&bulk);
	line_close(&small);
	relay_free(relay);
}

#define N_THREADS	 8
#define LINES_PER_THREAD 125

static gpointer open_lines(gpointer data)
{
	struct relay *relay = data;
	struct line *lines = g_new(struct line, LINES_PER_THREAD);

	for (unsigned i = 0; i < LINES_PER_THREAD; i++) {
		line_open(&lines[i], relay, 0);
		line_send_text(lines[i].client, "hello");
	}
	for (unsigned i = 0; i < LINES_PER_THREAD; i++) {
		line_expect_text(lines[i].server, "hello");
		line_send_text(lines[i].server, "world");
	}
	return lines;
}

static gpointer close_lines(gpointer data)
{
	struct line *lines = data;

	for (unsigned i = 0; i < LINES_PER_THREAD; i++) {
		line_expect_text(lines[i].client, "world");
		line_check_half_close(lines[i]);
		line_close(&lines[i]);
	}
	g_free(lines);
	return NULL;
}

/* Raises the limit of open files; false with the reason printed when that is not allowed. */
static bool allow_files(rlim_t n_files)
{
	struct rlimit limit;

	g_assert_no_errno(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < n_files) {
		g_test_skip("the hard limit of open files is too low");
		return false;
	}
	limit.rlim_cur = MAX(limit.rlim_cur, n_files);
	g_assert_no_errno(setrlimit(RLIMIT_NOFILE, &limit));
	return true;
}

static void test_many_pairs(void)
{
	GThread *threads[N_THREADS];

	if (!allow_files(N_THREADS * LINES_PER_THREAD * 4 + 200))
		return;
	struct relay *relay = line_new_relay(4);
	unsigned n_fds = line_count_fds();

	for (unsigned i = 0; i < N_THREADS; i++)
		threads[i] = g_thread_new(NULL, open_lines, relay);
	for (unsigned i = 0; i < N_THREADS; i++)
		threads[i] = g_thread_new(NULL, close_lines, g_thread_join(threads[i]));
	for (unsigned i = 0; i < N_THREADS; i++)
		g_thread_join(threads[i]);
	line_wait_for_active(relay, 0);
	g_assert_cmpuint(line_get_stats(relay).opened, ==, N_THREADS * LINES_PER_THREAD);
	g_assert_cmpuint(line_get_stats(relay).reset, ==, 0);
	g_assert_cmpuint(line_count_fds(), ==, n_fds);
	relay_free(relay);
}

static void test_without_pipes(void)
{
	struct relay *relay = line_new_relay(1);
	struct rlimit old, none = {0};
	struct line line;
	int pipe_fds[2];

	line_open(&line, relay, 0);
	g_assert_no_errno(getrlimit(RLIMIT_NOFILE, &old));
	none.rlim_max = old.rlim_max;
	g_assert_no_errno(setrlimit(RLIMIT_NOFILE, &none));
	g_assert_cmpint(pipe2(pipe_fds, O_CLOEXEC), ==, -1);
	g_assert_cmpint(errno, ==, EMFILE);
	check_duplex(line, 8 << 20, 100 * 1000);
	g_assert_no_errno(setrlimit(RLIMIT_NOFILE, &old));
	line_wait_for_active(relay, 0);
	line_close(&line);
	relay_free(relay);
}

#define N_IDLE 100

static void test_idle_memory(void)
{
	struct relay *relay = line_new_relay(1);
	struct line lines[N_IDLE];
	size_t before = mallinfo2().uordblks;

	for (unsigned i = 0; i < N_IDLE; i++) {
		line_open(&lines[i], relay, 0);
		line_send_text(lines[i].client, "hello");
		line_expect_text(lines[i].server, "hello");
	}
	g_assert_cmpuint((mallinfo2().uordblks - before) / N_IDLE, <, 1024);
	for (unsigned i = 0; i < N_IDLE; i++)
		line_close(&lines[i]);
	relay_free(relay);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/relay-load/transfer/1", GSIZE_TO_POINTER(1), test_transfer);
	g_test_add_data_func("/relay-load/transfer/64K", GSIZE_TO_POINTER(65536), test_transfer);
	g_test_add_data_func("/relay-load/transfer/64K+1", GSIZE_TO_POINTER(65537), test_transfer);
	g_test_add_data_func("/relay-load/transfer/1M", GSIZE_TO_POINTER(1 << 20), test_transfer);
	g_test_add_data_func("/relay-load/transfer/64M", GSIZE_TO_POINTER(64 << 20), test_transfer);
	g_test_add_func("/relay-load/fairness", test_fairness);
	g_test_add_func("/relay-load/many-pairs", test_many_pairs);
	g_test_add_func("/relay-load/without-pipes", test_without_pipes);
	g_test_add_func("/relay-load/idle-memory", test_idle_memory);
	return g_test_run();
}
