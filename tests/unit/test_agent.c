/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_agent - the namespace agent: what it gives, what it refuses, what it gave up */
#include <fcntl.h>
#include <linux/in6.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib.h>

#include "src/agent_protocol.h"
#include "src/fdpass.h"
#include "tests/unit/fixture.h"
#include "tests/unit/namespaces.h"

static void test_agent_batch(void)
{
	int agent, fds[FDPASS_MAX_FDS];

	if (!namespaces_enter())
		return;
	pid_t pid = fixture_start_agent(&agent);
	for (int round = 0; round < 3; round++) {
		fixture_ask_agent(agent, AF_INET6, SOCK_STREAM, fds, AGENT_MAX_SOCKETS);
		for (int i = 0; i < AGENT_MAX_SOCKETS; i++) {
			int on = 0;
			socklen_t length = sizeof(on);
			g_assert_cmphex(fcntl(fds[i], F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
			g_assert_cmphex(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
			g_assert_no_errno(
				getsockopt(fds[i], SOL_IPV6, IPV6_TRANSPARENT, &on, &length));
			g_assert_cmpint(on, ==, 1);
			close(fds[i]);
		}
	}
	fixture_end_agent(pid, agent);
}

static void test_agent_refuses(void)
{
	static const struct agent_message bad[] = {
		{AF_UNIX, SOCK_STREAM, 1, 0}, {AF_INET, SOCK_RAW, 1, 0},
		{AF_INET, SOCK_STREAM, 0, 0}, {AF_INET, SOCK_STREAM, AGENT_MAX_SOCKETS + 1, 0},
		{AF_INET, SOCK_STREAM, 1, 1}, {AF_INET, SOCK_SEQPACKET, 1, 0},
	};

	if (!namespaces_enter())
		return;
	for (size_t i = 0; i <= G_N_ELEMENTS(bad); i++) {
		int agent, fds[FDPASS_MAX_FDS];
		char reply[64];
		size_t n_fds;
		pid_t pid = fixture_start_agent(&agent);
		/* The last round is a good request cut short. */
		struct agent_message request = {AF_INET, SOCK_STREAM, 1, 0};
		size_t size = sizeof(request) - 1;
		if (i < G_N_ELEMENTS(bad)) {
			request = bad[i];
			size = sizeof(request);
		}
		g_assert_true(fdpass_send(agent, &request, size, NULL, 0, NULL));
		g_assert_cmpint(fdpass_receive(agent, reply, sizeof(reply), fds, &n_fds), ==, 0);
		fixture_end_agent(pid, agent);
	}
}

static char *status_line(pid_t pid, const char *key)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	char *line = strstr(text, key);
	g_assert_nonnull(line);
	return g_strndup(line, strcspn(line, "\n"));
}

/* Its own, and perhaps the one that it has just sent and not yet closed. */
static void assert_only_sockets(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	unsigned n_fds = 0;

	g_assert_nonnull(dir);
	for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
		g_autofree char *link = g_build_filename(path, name, NULL);
		g_autofree char *target = g_file_read_link(link, NULL);
		if (target)
			g_assert_true(g_str_has_prefix(target, "socket:"));
		n_fds++;
	}
	g_assert_cmpuint(n_fds, <=, 2);
}

static void test_agent_is_locked_down(void)
{
	int agent, fds[FDPASS_MAX_FDS];

	if (!namespaces_enter())
		return;
	pid_t pid = fixture_start_agent(&agent);
	fixture_ask_agent(agent, AF_INET, SOCK_DGRAM, fds, 1);
	close(fds[0]);

	g_autofree char *effective = status_line(pid, "CapEff:");
	g_autofree char *bounding = status_line(pid, "CapBnd:");
	g_autofree char *privileges = status_line(pid, "NoNewPrivs:");
	g_autofree char *seccomp = status_line(pid, "Seccomp:");
	g_assert_cmpstr(effective, ==, "CapEff:\t0000000000001000");
	g_assert_cmpstr(bounding, ==, "CapBnd:\t0000000000001000");
	g_assert_cmpstr(privileges, ==, "NoNewPrivs:\t1");
	g_assert_cmpstr(seccomp, ==, "Seccomp:\t2");
	struct rlimit core;
	g_assert_no_errno(prlimit(pid, RLIMIT_CORE, NULL, &core));
	g_assert_cmpuint(core.rlim_max, ==, 0);

	assert_only_sockets(pid);
	fixture_end_agent(pid, agent);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/batch", test_agent_batch);
	g_test_add_func("/agent/refuses", test_agent_refuses);
	g_test_add_func("/agent/locked-down", test_agent_is_locked_down);
	return g_test_run();
}
