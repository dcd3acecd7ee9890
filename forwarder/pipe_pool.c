/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pipe_pool - pipes for splice(2), lent to whoever has data in flight */
#include "forwarder/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <glib.h>

/* Pipes that are kept open for the next burst: two descriptors each. */
#define MAX_IDLE 16

void pipe_pool_init(struct pipe_pool *pool)
{
	pool->idle = NULL;
	pool->n_idle = 0;
}

void pipe_pool_done(struct pipe_pool *pool)
{
	while (pool->idle) {
		struct pool_pipe *pipe = pool->idle;

		pool->idle = pipe->next;
		pipe_pool_discard(pipe);
	}
	pool->n_idle = 0;
}

struct pool_pipe *pipe_pool_take(struct pipe_pool *pool)
{
	struct pool_pipe *pipe = pool->idle;
	int fds[2];

	if (pipe) {
		pool->idle = pipe->next;
		pool->n_idle--;
		return pipe;
	}
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return NULL;
#ifdef PIPE_SIZE
	fcntl(fds[0], F_SETPIPE_SZ, PIPE_SIZE);
#endif
	pipe = g_new(struct pool_pipe, 1);
	*pipe = (struct pool_pipe){.read_fd = fds[0], .write_fd = fds[1]};
	return pipe;
}

void pipe_pool_give(struct pipe_pool *pool, struct pool_pipe *pipe)
{
	if (pool->n_idle == MAX_IDLE) {
		pipe_pool_discard(pipe);
		return;
	}
	pipe->next = pool->idle;
	pool->idle = pipe;
	pool->n_idle++;
}

void pipe_pool_discard(struct pool_pipe *pipe)
{
	close(pipe->read_fd);
	close(pipe->write_fd);
	g_free(pipe);
}
