/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fd_source - a descriptor in a main loop, with a handler */
#include "src/fd_source.h"

#include <glib-unix.h>
#include <sys/eventfd.h>

#include "src/autoclose.h"
#include "src/failure.h"

struct fd_watch {
	fd_source_handler handler;
	void *opaque;
};

static gboolean on_ready(gint fd, GIOCondition ready, gpointer data)
{
	struct fd_watch *watch = data;

	watch->handler(fd, ready, watch->opaque);
	return G_SOURCE_CONTINUE;
}

GSource *fd_source_new(GMainContext *context, int fd, GIOCondition conditions,
		       fd_source_handler handler, void *opaque)
{
	struct fd_watch *watch = g_new(struct fd_watch, 1);
	GSource *source = g_unix_fd_source_new(fd, conditions);

	*watch = (struct fd_watch){.handler = handler, .opaque = opaque};
	/* GLib declares one callback type for all sources and casts it back. */
	g_source_set_callback(source, (GSourceFunc)(void (*)(void))on_ready, watch, g_free);
	g_source_attach(source, context);
	return source;
}

static bool has_descriptor(GError **error)
{
	autoclose int fd = eventfd(0, EFD_CLOEXEC);

	return fd >= 0 || failure_errno(error, "make a main loop");
}

GMainContext *fd_source_context_new(GError **error)
{
	return has_descriptor(error) ? g_main_context_new() : NULL;
}

bool fd_source_context_prepare_default(GError **error)
{
	return has_descriptor(error) && g_main_context_default();
}

void fd_source_free(GSource *source)
{
	if (!source)
		return;
	g_source_destroy(source);
	g_source_unref(source);
}
