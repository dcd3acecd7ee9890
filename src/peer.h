/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer - who is at the other end of a unix socket (unix(7), SO_PEERCRED) */
#pragma once

#include <stdbool.h>

/*
 * True if the peer of a unix socket that was accepted from a listener may tell us what to do: it
 * has our effective uid, or is root, it is in our PID namespace and not gone (SO_PEERPIDFD, Linux
 * 6.5; on older kernels its PID may be another process's by now), and it has made its socket in the
 * listener's network namespace (SO_NETNS_COOKIE, Linux 5.14; older kernels cannot tell). A command
 * that runs on the host's own root sees our socket files and has our uid, but other PIDs; one in a
 * sandbox without a PID namespace of its own (netns-attach) has at least another network. And /tmp
 * may be what the sockets lie in. A listener of -1: in whatever network it is.
 */
bool peer_is_owner(int socket, int listener);
