/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_options - what the sockets of relayed connections have set, before they are connected */
#include "forwarder/tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <glib.h>

#include "src/autoclose.h"

static bool set_congestion(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) == 0;
}

void tcp_congestion_find(struct tcp_congestion *ret_congestion)
{
	static const char *const unpaced[] = {"cubic", "reno"};
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct tcp_congestion found = {0};
	socklen_t size = sizeof(found.usual) - 1;

	if (fd >= 0 && getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, found.usual, &size) == 0) {
		for (size_t i = 0; i < G_N_ELEMENTS(unpaced) && !found.local[0]; i++)
			if (set_congestion(fd, unpaced[i]))
				g_strlcpy(found.local, unpaced[i], sizeof(found.local));
		if (g_str_equal(found.local, found.usual))
			found.local[0] = '\0';
	}
	*ret_congestion = found;
}

void tcp_congestion_set_local(const struct tcp_congestion *congestion, int fd)
{
	if (congestion->local[0])
		(void)set_congestion(fd, congestion->local);
}

void tcp_congestion_set_usual(const struct tcp_congestion *congestion, int fd)
{
	if (congestion->local[0])
		(void)set_congestion(fd, congestion->usual);
}

static void set_option(int fd, int level, int option)
{
	const int on = 1;

	(void)setsockopt(fd, level, option, &on, sizeof(on));
}

void tcp_options_set(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY);
	/* Out of line, the urgent byte would be missing from the stream. */
	set_option(fd, SOL_SOCKET, SO_OOBINLINE);
}

void tcp_options_set_for_host(int fd)
{
	tcp_options_set(fd);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
}
