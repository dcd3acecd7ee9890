/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stand_in - sockets that take the place of those that libslirp makes */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* One that fails at once to send or to connect, and leads nowhere. -1 with errno set. */
int stand_in_open_useless(void);

/*
 * A socket for the time of a connect(2) of libslirp's that must not lead anywhere, and yet succeed.
 * -1 with errno set.
 */
int stand_in_open(sa_family_t family);

/* True if the descriptor (-1: none) still leads to the socket; libslirp may have closed it. */
bool stand_in_is_at(int slirp_fd, int stand_in);
