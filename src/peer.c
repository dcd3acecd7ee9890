/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer - who is at the other end of a unix socket (unix(7), SO_PEERCRED) */
#include "src/peer.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"

#define NAMESPACE_PIDS "\nNSpid:\t"

/* Linux 6.5; older headers have not got it. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/*
 * Where the kernel tells the PIDs of the peer (proc(5)); the caller frees. What it tells of a
 * descriptor is about the very process that has connected. The PID alone, before Linux 6.5, may be
 * another one's by now. NULL for one that has gone.
 */
static char *find_pids(int socket, pid_t pid, int *ret_pidfd)
{
	socklen_t size = sizeof(*ret_pidfd);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, ret_pidfd, &size) == 0)
		return g_strdup_printf("/proc/self/fdinfo/%d", *ret_pidfd);
	return errno == ENOPROTOOPT ? g_strdup_printf("/proc/%d/status", (int)pid) : NULL;
}

/*
 * Then /proc shows one PID of it, ours (NSpid); none of who is outside (0) or gone (-1).
 * /proc/PID/ns/pid would tell as well, but not about whoever has more capabilities than we have
 * kept.
 */
static bool is_in_our_pid_namespace(int socket, pid_t pid)
{
	autoclose int pidfd = -1;
	g_autofree char *path = find_pids(socket, pid, &pidfd);
	g_autofree char *text = NULL;
	const char *pids = NULL;

	if (path && g_file_get_contents(path, &text, NULL, NULL))
		pids = strstr(text, NAMESPACE_PIDS);
	if (!pids)
		return false;
	pids += strlen(NAMESPACE_PIDS);
	return *pids != '0' && *pids != '-' && pids[strspn(pids, "0123456789")] == '\n';
}

static bool has_same_network(int socket, int listener)
{
	uint64_t peers = 0, ours = 0;
	socklen_t size = sizeof(peers);

	/* The accepting end of a unix connection belongs to where the other was made. */
	if (getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &peers, &size) < 0)
		return errno == ENOPROTOOPT;
	return getsockopt(listener, SOL_SOCKET, SO_NETNS_COOKIE, &ours, &size) == 0 &&
	       peers == ours;
}

bool peer_is_owner(int socket, int listener)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0) &&
	       is_in_our_pid_namespace(socket, peer.pid) &&
	       (listener < 0 || has_same_network(socket, listener));
}
