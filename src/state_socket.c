/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_socket - the sockets in the directory of a running container (unix(7)) */
#include "src/state_socket.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

struct socket_kind {
	const char *file, *what;
	int type;
};

static const struct socket_kind kinds[] = {
	[STATE_SOCKET_CONTROL] = {STATE_CONTROL_SOCKET, "control socket", SOCK_STREAM},
	[STATE_SOCKET_LAUNCHER] = {STATE_LAUNCHER_SOCKET, "launcher's socket", SOCK_SEQPACKET},
};

/* The readable path where it fits, because ss(8) and lsof(8) show what was bound. */
static void fill_address(const char *path, int dir_fd, const char *file,
			 struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	size_t size = sizeof(ret_address->sun_path);

	if ((size_t)snprintf(ret_address->sun_path, size, "%s/%s", path, file) >= size)
		snprintf(ret_address->sun_path, size, "/proc/self/fd/%d/%s", dir_fd, file);
}

int state_socket_listen(struct state_dir *dir, enum state_socket which, GError **error)
{
	const struct socket_kind *kind = &kinds[which];
	autoclose int fd = socket(AF_UNIX, kind->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;

	if (fd < 0) {
		failure_errno(error, "make the %s", kind->what);
		return -1;
	}
	fill_address(state_dir_path(dir), state_dir_fd(dir), kind->file, &address);
	/* The file that bind() makes gets the socket's own mode: never open to others. */
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0) {
		failure_errno(error, "make the %s %s/%s", kind->what, state_dir_path(dir),
			      kind->file);
		return -1;
	}
	return g_steal_fd(&fd);
}

int state_socket_connect(const char *name, enum state_socket which, GError **error)
{
	const struct socket_kind *kind = &kinds[which];
	g_autofree char *path = NULL;
	autoclose int dir_fd = state_dir_open(name, &path, error);

	if (dir_fd < 0)
		return -1;
	autoclose int fd = socket(AF_UNIX, kind->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	fill_address(path, dir_fd, kind->file, &address);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return g_steal_fd(&fd);
	/* The control socket is there before the state, and goes after it. */
	if (errno == ENOENT && which == STATE_SOCKET_CONTROL &&
	    faccessat(dir_fd, STATE_FILE, F_OK, 0) == 0)
		failure_set(error, EOPNOTSUPP, "start it without --net none and --net host",
			    "container '%s' has no network of its own", name);
	else if (errno == ENOENT || errno == ECONNREFUSED)
		failure_set(error, ECONNREFUSED,
			    "try again: it is starting, ending or getting a new forwarder",
			    "container '%s' does not listen on its %s", name, kind->what);
	else
		failure_errno(error, "connect to container '%s'", name);
	return -1;
}
