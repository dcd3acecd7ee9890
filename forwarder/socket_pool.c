/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_pool - transparent sockets of the gateway namespace, in stock */
#include "forwarder/socket_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/agent_protocol.h"
#include "src/autoclose.h"
#include "src/fdpass.h"

/*
 * How it works
 *
 * One shelf for each family and type. A shelf that sinks to LOW is refilled at once; a little after
 * the last use every used shelf is filled up to FULL, so that the stock at rest does not depend on
 * what went before. At most one request per shelf is under way.
 */

#define SHELF_FULL AGENT_MAX_SOCKETS
#define SHELF_LOW  (SHELF_FULL / 4)
#define TOP_UP_MS  100
#define N_SHELVES  4

/* Linux 5.14, asm-generic/socket.h; glibc 2.36 has it, older ones do not. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

struct shelf {
	int family, type;
	int fds[SHELF_FULL];
	unsigned count;
	bool is_used;	   /* somebody has taken from it: keep it stocked */
	bool is_requested; /* an answer is under way */
	bool is_awaited;   /* somebody went away empty-handed */
};

struct socket_pool {
	struct watch_entry agent; /* first: on_answer() casts */
	struct watch *watch;
	uint64_t namespace_cookie; /* 0: the kernel cannot tell */
	socket_pool_handler handler;
	void *opaque;
	guint top_up; /* source, or 0 */
	struct shelf shelves[N_SHELVES];
};

static struct shelf *find_shelf(struct socket_pool *pool, int family, int type)
{
	for (unsigned i = 0; i < N_SHELVES; i++)
		if (pool->shelves[i].family == family && pool->shelves[i].type == type)
			return &pool->shelves[i];
	return NULL;
}

static uint64_t namespace_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size);
	return cookie;
}

static void request(struct socket_pool *pool, struct shelf *shelf)
{
	const struct agent_message message = {
		.family = (uint16_t)shelf->family,
		.type = (uint16_t)shelf->type,
		.count = (uint16_t)(SHELF_FULL - shelf->count),
	};

	if (shelf->is_requested || message.count == 0)
		return;
	shelf->is_requested = fdpass_send(pool->agent.fd, &message, sizeof(message), NULL, 0, NULL);
}

static int option(int fd, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	getsockopt(fd, SOL_SOCKET, name, &value, &size);
	return value;
}

/* The agent lives where the command's root might get to: it could send any descriptor. */
static bool is_acceptable(const struct socket_pool *pool, const struct shelf *shelf, int fd)
{
	return option(fd, SO_DOMAIN) == shelf->family && option(fd, SO_TYPE) == shelf->type &&
	       namespace_cookie(fd) == pool->namespace_cookie &&
	       fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static gboolean on_top_up(gpointer data)
{
	struct socket_pool *pool = data;

	pool->top_up = 0;
	for (unsigned i = 0; i < N_SHELVES; i++)
		if (pool->shelves[i].is_used)
			request(pool, &pool->shelves[i]);
	return G_SOURCE_REMOVE;
}

static void arm_top_up(struct socket_pool *pool)
{
	if (!pool->top_up)
		pool->top_up = g_timeout_add(TOP_UP_MS, on_top_up, pool);
}

static void shelve(struct socket_pool *pool, struct shelf *shelf, const int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++) {
		if (shelf && shelf->count < SHELF_FULL && is_acceptable(pool, shelf, fds[i]))
			shelf->fds[shelf->count++] = fds[i];
		else
			close(fds[i]);
	}
	if (!shelf)
		return;
	shelf->is_requested = false;
	if (!shelf->is_awaited)
		return;
	if (shelf->count == 0) {
		arm_top_up(pool); /* the agent has run out of descriptors: ask again */
		return;
	}
	shelf->is_awaited = false;
	pool->handler(pool->opaque);
}

/* Descriptors that did not fit under our limit are lost, and with them which request they answered.
 */
static void forget_requests(struct socket_pool *pool)
{
	for (unsigned i = 0; i < N_SHELVES; i++)
		pool->shelves[i].is_requested = false;
	arm_top_up(pool);
}

static void on_answer(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct socket_pool *pool = (struct socket_pool *)entry;
	struct agent_message message;
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	ssize_t size = fdpass_receive(entry->fd, &message, sizeof(message), fds, &n_fds);

	if (size < 0 && errno == EAGAIN)
		return;
	if (size < 0 && errno == EMSGSIZE) {
		forget_requests(pool);
		return;
	}
	if (size != sizeof(message)) {
		/* The agent is gone; the launcher notices that, too, and ends or replaces us. */
		shelve(pool, NULL, fds, size < 0 ? 0 : n_fds);
		watch_remove(pool->watch, entry);
		return;
	}
	shelve(pool, find_shelf(pool, message.family, message.type), fds, n_fds);
}

struct socket_pool *socket_pool_new(struct watch *watch, int agent_fd, int witness_fd,
				    socket_pool_handler handler, void *opaque)
{
	static const struct {
		int family, type;
	} kinds[N_SHELVES] = {{AF_INET, SOCK_STREAM},
			      {AF_INET6, SOCK_STREAM},
			      {AF_INET, SOCK_DGRAM},
			      {AF_INET6, SOCK_DGRAM}};
	struct socket_pool *pool = g_new0(struct socket_pool, 1);

	pool->agent = (struct watch_entry){.fd = agent_fd, .handler = on_answer};
	pool->watch = watch;
	pool->namespace_cookie = namespace_cookie(witness_fd);
	pool->handler = handler;
	pool->opaque = opaque;
	for (unsigned i = 0; i < N_SHELVES; i++) {
		pool->shelves[i].family = kinds[i].family;
		pool->shelves[i].type = kinds[i].type;
	}
	fcntl(agent_fd, F_SETFL, O_NONBLOCK);
	watch_add(watch, &pool->agent, EPOLLIN);
	return pool;
}

void socket_pool_free(struct socket_pool *pool)
{
	if (!pool)
		return;
	for (unsigned i = 0; i < N_SHELVES; i++)
		while (pool->shelves[i].count)
			close(pool->shelves[i].fds[--pool->shelves[i].count]);
	if (pool->top_up)
		g_source_remove(pool->top_up);
	watch_remove(pool->watch, &pool->agent);
	close(pool->agent.fd);
	g_free(pool);
}

int socket_pool_take(struct socket_pool *pool, int family, int type)
{
	struct shelf *shelf = find_shelf(pool, family, type);
	int fd = shelf->count ? shelf->fds[--shelf->count] : -1;

	shelf->is_used = true;
	shelf->is_awaited |= fd < 0;
	if (shelf->count <= SHELF_LOW)
		request(pool, shelf);
	arm_top_up(pool);
	return fd;
}
