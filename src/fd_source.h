/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fd_source - a descriptor in a main loop, with a handler */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* What happens when a descriptor is ready; ready are the conditions that hold (poll(2)). */
typedef void (*fd_source_handler)(int fd, GIOCondition ready, void *opaque);

/*
 * Calls handler whenever fd is ready for one of the conditions; errors and hang-ups are always
 * reported. context NULL: the default one. The source is the caller's: end it with
 * fd_source_free(), also from within the handler. fd stays the caller's, and must stay open.
 */
GSource *fd_source_new(GMainContext *context, int fd, GIOCondition conditions,
		       fd_source_handler handler, void *opaque);
/*
 * g_main_context_new() and the making of the default context, which abort the program where there
 * is no descriptor left for them; these fail instead. A new context is the caller's.
 */
GMainContext *fd_source_context_new(GError **error);
bool fd_source_context_prepare_default(GError **error);

/* Accepts NULL. */
void fd_source_free(GSource *source);
