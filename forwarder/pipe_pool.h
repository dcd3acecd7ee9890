/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pipe_pool - pipes for splice(2), lent to whoever has data in flight */
#pragma once

#include <stddef.h>

/* One pipe, both ends non-blocking. */
struct pool_pipe {
	int read_fd;
	int write_fd;
	struct pool_pipe *next; /* in the pool's idle list */
};

/* Belongs to one thread. */
struct pipe_pool {
	struct pool_pipe *idle;
	size_t n_pipes; /* idle and lent */
};

void pipe_pool_init(struct pipe_pool *pool);
/* Closes the idle pipes; lent ones must have been given back or discarded. */
void pipe_pool_done(struct pipe_pool *pool);

/* Lends an empty pipe; NULL when too many are lent, or the kernel gives none. */
struct pool_pipe *pipe_pool_take(struct pipe_pool *pool);
/* Takes a lent pipe back, which must be empty. */
void pipe_pool_give(struct pipe_pool *pool, struct pool_pipe *pipe);
/* Closes a lent pipe and loses the data in it. */
void pipe_pool_discard(struct pipe_pool *pool, struct pool_pipe *pipe);
