/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idle - connections that are opened, proven to work, and held */
#include "tests/bench/idle.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/bench/endpoint.h"

static void close_element(void *data)
{
	close_fd(data);
}

static bool open_one(const struct netbench_options *options, GArray *connections, GError **error)
{
	int fd = endpoint_connect(options, error);
	char byte = NETBENCH_ECHO;

	if (fd < 0)
		return false;
	g_array_append_val(connections, fd);
	return endpoint_send(fd, &byte, 1, error) && endpoint_receive(fd, &byte, 1, error);
}

bool idle_run(const struct netbench_options *options, GError **error)
{
	g_autoptr(GArray) connections = g_array_new(false, false, sizeof(int));
	int64_t deadline = g_get_monotonic_time() + options->seconds * (int64_t)G_USEC_PER_SEC;
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	g_array_set_clear_func(connections, close_element);
	for (int i = 0; i < options->connections; i++) {
		if (!open_one(options, connections, error)) {
			g_prefix_error(error, "connection %d: ", i + 1);
			return false;
		}
		if (g_get_monotonic_time() > deadline) {
			failure_set(error, ETIMEDOUT, NULL, "only %d connections in %d seconds",
				    i + 1, options->seconds);
			return false;
		}
	}
	printf("{\"test\":\"idle\",\"ready\":true,\"connections\":%u}\n", connections->len);
	poll(&input, 1, options->seconds * 1000);
	return true;
}
