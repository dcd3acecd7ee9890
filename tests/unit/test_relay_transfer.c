/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_relay_transfer - relayed connections while one forwarder yields to another, or fails to */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/relay_transfer.h"
#include "forwarder/relay_worker.h"
#include "tests/unit/line.h"

/* The forwarder that gets the connections: it acknowledges, and holds what it got. */
static gpointer receive_one(gpointer data)
{
	const int *socket = data;
	struct transfer_message *message = g_new0(struct transfer_message, 1);
	g_autoptr(GError) error = NULL;

	transfer_receive(*socket, message, &error);
	g_assert_no_error(error);
	transfer_acknowledge(*socket, &error);
	g_assert_no_error(error);
	return message;
}

static struct transfer_message *send_pairs(struct relay *relay)
{
	g_autoptr(GError) error = NULL;
	int sockets[2];

	g_assert_true(fdpass_socketpair(sockets, NULL));
	GThread *receiver = g_thread_new("receiver", receive_one, &sockets[1]);
	relay_transfer_send(relay, sockets[0], &error);
	g_assert_no_error(error);
	struct transfer_message *message = g_thread_join(receiver);
	close(sockets[0]);
	close(sockets[1]);
	return message;
}

/* Descriptors in an epoll set, proc_pid_fdinfo(5). */
static unsigned count_watched(int epoll_fd)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", epoll_fd);
	FILE *file = fopen(path, "re");
	char line[256];
	unsigned n = 0;

	g_assert_nonnull(file);
	while (fgets(line, sizeof(line), file))
		n += g_str_has_prefix(line, "tfd:");
	fclose(file);
	return n;
}

/* The other has failed and still has its duplicates: no event may lead to a pair that is gone. */
static void test_kept(void)
{
	struct relay *relay = line_new_relay(1);
	struct line line;
	int namespace_fd, host_fd;

	line_connect(0, &line.client, &namespace_fd);
	line_connect(0, &line.server, &host_fd);
	g_assert_true(line_add(relay, RELAY_OUTGOING, namespace_fd, host_fd));
	relay_pause(relay);
	struct transfer_message *message = send_pairs(relay);
	g_assert_cmpuint(message->n_fds, ==, 2);
	g_assert_true(relay_resume(relay, NULL));

	line_send_text(line.client, "request");
	line_expect_text(line.server, "request");
	g_assert_no_errno(shutdown(line.client, SHUT_WR));
	line_expect_eof(line.server);
	g_assert_no_errno(shutdown(line.server, SHUT_WR));
	line_wait_for_active(relay, 0);
	relay_pause(relay);
	g_assert_cmpuint(count_watched(relay->workers[0].context.epoll_fd), ==, 1);
	transfer_message_done(message);
	g_free(message);
	line_close(&line);
	relay_free(relay);
}

static bool may_go_on(const struct flow_ends *ends G_GNUC_UNUSED, int protocol G_GNUC_UNUSED,
		      void *opaque G_GNUC_UNUSED)
{
	return false;
}

/* What was cut a moment before the pause is cut when it is over. */
static void test_cut_before_pause(void)
{
	struct relay *relay = line_new_relay(1);

	for (int i = 0; i < 50; i++) {
		struct line line;
		int namespace_fd, host_fd;

		line_connect(0, &line.client, &namespace_fd);
		line_connect(0, &line.server, &host_fd);
		g_assert_true(line_add(relay, RELAY_OUTGOING, namespace_fd, host_fd));
		relay_cut(relay, may_go_on, NULL);
		relay_pause(relay);
		g_assert_true(relay_resume(relay, NULL));
		line_wait_for_active(relay, 0);
		line_expect_reset(line.client);
		line_close(&line);
	}
	relay_free(relay);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay_transfer/kept", test_kept);
	g_test_add_func("/relay_transfer/cut_before_pause", test_cut_before_pause);
	return g_test_run();
}
