/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_handoff - any message to the forwarder or to the launcher, with descriptors */
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/handoff.h"
#include "tests/fuzz/fuzz.h"

#define N_FDS 2

/* The lowest unused descriptor: it must be the same one afterwards. */
static int next_fd(void)
{
	autoclose int fd = dup(STDIN_FILENO);

	return fd;
}

static void check_start(int socket)
{
	struct handoff_start start;
	g_autoptr(GError) error = NULL;

	handoff_start_init(&start);
	if (handoff_receive_start(socket, &start, &error))
		g_assert(start.name && start.fds[HANDOFF_FD_TAP] >= 0 &&
			 start.link.mtu >= LINK_MTU_MIN && start.link.mtu <= LINK_MTU_MAX);
	else
		g_assert(error && error->domain == FAILURE);
	handoff_start_done(&start);
}

static void check_answer(int socket)
{
	g_autoptr(GError) error = NULL;
	struct port_set ports;

	port_set_init(&ports);
	if (!handoff_receive_ready(socket, &ports, NULL, &error))
		g_assert(error && error->domain == FAILURE);
	port_set_close(&ports);
	port_set_done(&ports);
}

static void send_to(void (*check)(int socket), const uint8_t *data, size_t size)
{
	int before = next_fd();
	int pair[2];

	g_assert(fdpass_socketpair(pair, NULL));
	const int fds[N_FDS] = {STDIN_FILENO, STDIN_FILENO};
	bool sent = fdpass_send(pair[0], data, size, fds, N_FDS, NULL);
	/* What the message promises does not follow. */
	close(pair[0]);
	if (sent)
		check(pair[1]);
	close(pair[1]);
	g_assert(next_fd() == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	send_to(check_start, data, size);
	send_to(check_answer, data, size);
	return 0;
}
