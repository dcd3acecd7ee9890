/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer - who is at the other end of a unix socket (unix(7), SO_PEERCRED) */
#pragma once

#include <stdbool.h>

/*
 * True if the peer of a connected unix socket may tell us what to do: it has our effective uid, or
 * is root, and it is in our PID namespace. A command that runs on the host's own root sees our
 * socket files and has our uid, but other PIDs; and /tmp may be what the sockets lie in.
 */
bool peer_is_owner(int socket);
