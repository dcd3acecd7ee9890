/* SPDX-License-Identifier: GPL-2.0-or-later */
/* autoclose - file descriptors that close themselves at the end of their scope */
#pragma once

#include <errno.h>
#include <glib.h>
#include <unistd.h>

/* Closes *fd if it is set (>= 0) and marks it unset; keeps errno. */
static inline void close_fd(int *fd)
{
	int saved_errno = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved_errno;
}

/* `autoclose int fd = -1;` - hand the descriptor over with g_steal_fd(&fd). */
#define autoclose __attribute__((cleanup(close_fd)))
