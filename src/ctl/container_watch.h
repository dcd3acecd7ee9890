/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container_watch - notices containers that start (inotify(7)) */
#pragma once

#include <glib.h>

/*
 * How it works
 *
 * The base directory shows a new container's directory, and that one its state.json as soon as it
 * can be talked to. Only directories without one are watched.
 */
struct container_watch;

/* A container runs. May be called twice for one, also for one that has ended by then. */
typedef void (*container_watch_handler)(const char *name, void *opaque);

/*
 * Calls handler, in the default main context, for each container that starts from now on. NULL on
 * error.
 */
struct container_watch *container_watch_new(container_watch_handler handler, void *opaque,
					    GError **error);
/* Accepts NULL. */
void container_watch_free(struct container_watch *watch);
