/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bess - the socket at which User Mode Linux finds its network (--target-type=bess) */
#include "plugins/slirp4netns/bess.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/slirp4netns/api_socket.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* As long as it takes: a machine boots at its user's leisure. */
static bool await_client(int listener, int exit_fd, GError **error)
{
	struct pollfd entries[] = {
		{.fd = listener, .events = POLLIN},
		{.fd = exit_fd}, /* its hang-up is always reported */
	};

	while (poll(entries, G_N_ELEMENTS(entries), -1) < 0)
		if (errno != EINTR)
			return failure_errno(error, "wait for a client");
	if (entries[0].revents)
		return true;
	failure_set(error, ECANCELED, NULL, "the exit-fd was closed before a client came");
	return false;
}

int bess_accept(const char *path, int exit_fd, GError **error)
{
	autoclose int listener = api_socket_listen(path, SOCK_SEQPACKET, error);

	if (listener < 0)
		return -1;
	fprintf(stderr, "Waiting for connection to %s\n", path);
	bool has_come = await_client(listener, exit_fd, error);
	autoclose int client =
		has_come ? accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
	unlink(path);
	if (has_come && client < 0)
		failure_errno(error, "accept a client of %s", path);
	return g_steal_fd(&client);
}
