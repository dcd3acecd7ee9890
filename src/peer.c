/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer - who is at the other end of a unix socket (unix(7), SO_PEERCRED) */
#include "src/peer.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <glib.h>

/* Fails for processes that keep us from looking, too. */
static bool is_in_our_pid_namespace(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/pid", (int)pid);
	struct stat theirs, ours;

	return stat(path, &theirs) == 0 && stat("/proc/self/ns/pid", &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

bool peer_is_owner(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0) && is_in_our_pid_namespace(peer.pid);
}
