/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener - accepts connections, and rests while descriptors have run out */
#include "forwarder/listener.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/descriptor_limit.h"

/* Connections that one wake-up takes at most, so that a flood leaves room for others. */
#define BATCH_SIZE 32
#define PAUSE_MS   100

struct listener {
	struct watch_entry entry; /* first: on_readable() casts */
	struct watch *watch;
	listener_handler handler;
	void *opaque;
	guint pause;	  /* source that ends a pause, or 0 */
	bool is_borrowed; /* the descriptor is somebody else's */
	bool opens_reserve;
};

static gboolean end_pause(gpointer data)
{
	struct listener *listener = data;

	listener->pause = 0;
	watch_change(listener->watch, &listener->entry, EPOLLIN);
	return G_SOURCE_REMOVE;
}

static void pause_accepting(struct listener *listener)
{
	/* What is in the backlog would be reported without end. */
	watch_change(listener->watch, &listener->entry, 0);
	listener->pause = g_timeout_add(PAUSE_MS, end_pause, listener);
}

static void accept_batch(struct listener *listener)
{
	for (unsigned i = 0; i < BATCH_SIZE; i++) {
		struct sockaddr_storage peer;
		socklen_t size = sizeof(peer);
		int fd = accept4(listener->entry.fd, (struct sockaddr *)&peer, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			listener->handler(fd, (struct sockaddr *)&peer, listener->opaque);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(listener);
		/* EAGAIN: drained. Others (accept(2)) concern one connection that is gone. */
		return;
	}
}

static void on_readable(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct listener *listener = (struct listener *)entry;

	if (listener->opens_reserve)
		descriptor_limit_open_reserve(true);
	accept_batch(listener);
	if (listener->opens_reserve)
		descriptor_limit_open_reserve(false);
}

struct listener *listener_new_borrowed(struct watch *watch, int fd, listener_handler handler,
				       void *opaque)
{
	struct listener *listener = g_new0(struct listener, 1);

	listener->entry = (struct watch_entry){.fd = fd, .handler = on_readable};
	listener->watch = watch;
	listener->handler = handler;
	listener->opaque = opaque;
	listener->is_borrowed = true;
	if (watch_add(watch, &listener->entry, EPOLLIN))
		return listener;
	g_free(listener);
	return NULL;
}

struct listener *listener_new(struct watch *watch, int fd, listener_handler handler, void *opaque)
{
	struct listener *listener = listener_new_borrowed(watch, fd, handler, opaque);

	if (listener)
		listener->is_borrowed = false;
	else
		close_fd(&fd);
	return listener;
}

void listener_open_reserve(struct listener *listener)
{
	listener->opens_reserve = true;
}

void listener_pause(struct listener *listener, bool is_paused)
{
	if (!listener->pause)
		watch_change(listener->watch, &listener->entry, is_paused ? 0 : EPOLLIN);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	watch_remove(listener->watch, &listener->entry);
	if (listener->pause)
		g_source_remove(listener->pause);
	if (!listener->is_borrowed)
		close(listener->entry.fd);
	g_free(listener);
}
