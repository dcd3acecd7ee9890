/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch - any number of descriptors behind one entry of the main loop's poll set */
#include "forwarder/watch.h"

#include <sys/epoll.h>

#include <glib-unix.h>

#include "src/autoclose.h"
#include "src/failure.h"

/*
 * How it works
 *
 * The epoll descriptor is readable while any of its descriptors has events. Each dispatch takes one
 * batch, so that other sources get their turn between two, and calls the handlers in order. An
 * entry that is removed meanwhile is struck from what remains of the batch: its memory may be gone.
 */

/* Large enough to make epoll_wait(2) cheap per event, small enough to keep the main loop
 * responsive. */
#define BATCH_SIZE 64

/* A GSource, so that the main context keeps it alive while it is being dispatched. */
struct watch {
	GSource source;
	int epoll_fd;
	int batch_size;
	struct epoll_event batch[BATCH_SIZE];
};

static gboolean dispatch(GSource *source, G_GNUC_UNUSED GSourceFunc callback,
			 G_GNUC_UNUSED gpointer data)
{
	struct watch *watch = (struct watch *)source;

	watch->batch_size = epoll_wait(watch->epoll_fd, watch->batch, BATCH_SIZE, 0);
	for (int i = 0; i < watch->batch_size && !g_source_is_destroyed(source); i++) {
		struct watch_entry *entry = watch->batch[i].data.ptr;

		if (entry)
			entry->handler(entry, watch->batch[i].events);
	}
	watch->batch_size = 0;
	return G_SOURCE_CONTINUE;
}

static void finalize(GSource *source)
{
	close_fd(&((struct watch *)source)->epoll_fd);
}

static GSourceFuncs source_funcs = {.dispatch = dispatch, .finalize = finalize};

struct watch *watch_new(GError **error)
{
	autoclose int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct watch *watch;

	if (epoll_fd < 0) {
		failure_errno(error, "epoll_create1");
		return NULL;
	}
	watch = (struct watch *)g_source_new(&source_funcs, sizeof(*watch));
	watch->epoll_fd = g_steal_fd(&epoll_fd);
	g_source_set_static_name(&watch->source, "watch");
	/* Else GLib takes it out of the poll set and puts it back around each dispatch, and wakes
	 * itself up for both. */
	g_source_set_can_recurse(&watch->source, TRUE);
	g_source_add_unix_fd(&watch->source, watch->epoll_fd, G_IO_IN);
	g_source_attach(&watch->source, g_main_context_get_thread_default());
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	g_source_destroy(&watch->source);
	g_source_unref(&watch->source);
}

static bool control(struct watch *watch, int operation, struct watch_entry *entry, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = entry};

	return epoll_ctl(watch->epoll_fd, operation, entry->fd, &event) == 0;
}

bool watch_add(struct watch *watch, struct watch_entry *entry, uint32_t events)
{
	return control(watch, EPOLL_CTL_ADD, entry, events);
}

bool watch_change(struct watch *watch, struct watch_entry *entry, uint32_t events)
{
	return control(watch, EPOLL_CTL_MOD, entry, events);
}

void watch_remove(struct watch *watch, struct watch_entry *entry)
{
	control(watch, EPOLL_CTL_DEL, entry, 0);
	for (int i = 0; i < watch->batch_size; i++)
		if (watch->batch[i].data.ptr == entry)
			watch->batch[i].data.ptr = NULL;
}
