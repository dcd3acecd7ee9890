/* SPDX-License-Identifier: GPL-2.0-or-later */
/* api_socket - the sockets of slirp4netns: that of its API, and User Mode Linux's */
#include "plugins/slirp4netns/api_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

int api_socket_listen(const char *path, int type, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		failure_set(error, ENAMETOOLONG, NULL,
			    "the specified API socket path is too long (>= %zu)",
			    sizeof(address.sun_path));
		return -1;
	}
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	unlink(path);
	mode_t mask = umask(0177);
	bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		     listen(fd, SOMAXCONN) == 0;
	umask(mask);
	if (bound)
		return g_steal_fd(&fd);
	failure_errno(error, "listen on the socket %s", path);
	return -1;
}
