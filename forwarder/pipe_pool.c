/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pipe_pool - pipes for splice(2), lent to whoever has data in flight */
#include "forwarder/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <glib.h>

/*
 * A pipe's size counts slots, one per page or network fragment, and slots of all pipes of a user
 * are limited (pipe-user-pages-soft in pipe(7), by default 16384): four workers take three quarters
 * of them.
 */
#define PIPE_SIZE (1024 * 1024)
#define MAX_PIPES 12

void pipe_pool_init(struct pipe_pool *pool)
{
	pool->idle = NULL;
	pool->n_pipes = 0;
}

void pipe_pool_done(struct pipe_pool *pool)
{
	while (pool->idle) {
		struct pool_pipe *pipe = pool->idle;

		pool->idle = pipe->next;
		pipe_pool_discard(pool, pipe);
	}
}

struct pool_pipe *pipe_pool_take(struct pipe_pool *pool)
{
	struct pool_pipe *pipe = pool->idle;
	int fds[2];

	if (pipe) {
		pool->idle = pipe->next;
		return pipe;
	}
	if (pool->n_pipes >= MAX_PIPES || pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return NULL;
	/* Refused above the user's limit: then the pipe is only slower. */
	(void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_SIZE);
	pipe = g_new(struct pool_pipe, 1);
	*pipe = (struct pool_pipe){.read_fd = fds[0], .write_fd = fds[1]};
	pool->n_pipes++;
	return pipe;
}

void pipe_pool_give(struct pipe_pool *pool, struct pool_pipe *pipe)
{
	pipe->next = pool->idle;
	pool->idle = pipe;
}

void pipe_pool_discard(struct pipe_pool *pool, struct pool_pipe *pipe)
{
	close(pipe->read_fd);
	close(pipe->write_fd);
	g_free(pipe);
	pool->n_pipes--;
}
