/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line - what the relay's tests share: two peers with a relay between them */
#include "tests/unit/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/tcp_options.h"
#include "src/autoclose.h"

void line_connect(int receive_buffer, int *ret_near, int *ret_far)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	autoclose int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (receive_buffer)
		g_assert_no_errno(setsockopt(near, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
					     sizeof(receive_buffer)));
	g_assert_no_errno(bind(listener, (struct sockaddr *)&address, size));
	g_assert_no_errno(listen(listener, 1));
	g_assert_no_errno(getsockname(listener, (struct sockaddr *)&address, &size));
	g_assert_no_errno(connect(near, (struct sockaddr *)&address, size));
	*ret_far = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	g_assert_no_errno(*ret_far);
	*ret_near = near;
}

bool line_add(struct relay *relay, enum relay_origin origin, int namespace_fd, int host_fd)
{
	const struct relay_connection connection = {
		.flow.id = 1,
		.origin = origin,
		.namespace_fd = namespace_fd,
		.host_fd = host_fd,
	};

	return relay_add(relay, &connection);
}

void line_open(struct line *line, struct relay *relay, int receive_buffer)
{
	int namespace_fd, host_fd;

	line_connect(receive_buffer, &line->client, &namespace_fd);
	line_connect(receive_buffer, &line->server, &host_fd);
	tcp_options_set(namespace_fd);
	tcp_options_set_for_host(host_fd);
	g_assert_true(line_add(relay, RELAY_PUBLISHED, namespace_fd, host_fd));
}

void line_close(struct line *line)
{
	close_fd(&line->client);
	close_fd(&line->server);
}

struct line line_mirror(struct line line)
{
	return (struct line){.client = line.server, .server = line.client};
}

struct relay *line_new_relay(unsigned n_threads)
{
	g_autoptr(GError) error = NULL;
	struct relay *relay = relay_new(n_threads, &error);

	g_assert_no_error(error);
	g_assert_true(relay_start(relay, &error));
	return relay;
}

struct relay_stats line_get_stats(const struct relay *relay)
{
	struct relay_stats stats;

	relay_get_stats(relay, &stats);
	return stats;
}

void line_wait_for_active(const struct relay *relay, uint64_t n_active)
{
	gint64 deadline = g_get_monotonic_time() + LINE_DEADLINE;

	while (line_get_stats(relay).active != n_active) {
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
		sched_yield();
	}
}

unsigned line_count_fds(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(dir))
		n++;
	return n;
}

void line_send_text(int fd, const char *text)
{
	ssize_t size = strlen(text);

	g_assert_cmpint(send(fd, text, size, MSG_NOSIGNAL), ==, size);
}

void line_expect_text(int fd, const char *text)
{
	char buffer[64];
	size_t size = strlen(text);

	g_assert_cmpint(recv(fd, buffer, size, MSG_WAITALL), ==, size);
	g_assert_cmpmem(buffer, size, text, size);
}

void line_expect_eof(int fd)
{
	char byte;

	g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 0);
}

void line_expect_reset(int fd)
{
	char byte;

	g_assert_cmpint(recv(fd, &byte, 1, 0), ==, -1);
	g_assert_cmpint(errno, ==, ECONNRESET);
}

void line_check_half_close(struct line line)
{
	line_send_text(line.client, "request");
	g_assert_no_errno(shutdown(line.client, SHUT_WR));
	line_expect_text(line.server, "request");
	line_expect_eof(line.server);
	line_send_text(line.server, "answer");
	line_send_text(line.server, " behind the FIN");
	line_expect_text(line.client, "answer behind the FIN");
	g_assert_no_errno(shutdown(line.server, SHUT_WR));
	line_expect_eof(line.client);
}
