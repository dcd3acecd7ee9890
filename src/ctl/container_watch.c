/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container_watch - notices containers that start (inotify(7)) */
#include "src/ctl/container_watch.h"

#include <stdalign.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/state_dir.h"

struct container_watch {
	char *base;
	int fd;
	int base_watch;
	GHashTable *starting; /* names of containers, by the watches of their directories */
	GSource *source;
	container_watch_handler handler;
	void *opaque;
};

static bool has_state(const struct container_watch *watch, const char *name)
{
	g_autofree char *path = g_build_filename(watch->base, name, STATE_FILE, NULL);

	return access(path, F_OK) == 0;
}

static void forget(struct container_watch *watch, int directory)
{
	inotify_rm_watch(watch->fd, directory);
	g_hash_table_remove(watch->starting, GINT_TO_POINTER(directory));
}

static void on_directory(struct container_watch *watch, const char *name)
{
	g_autofree char *path = g_build_filename(watch->base, name, NULL);

	if (!state_name_check(name, NULL))
		return;
	int directory = inotify_add_watch(watch->fd, path, IN_MOVED_TO | IN_ONLYDIR);
	if (directory < 0)
		return;
	g_hash_table_insert(watch->starting, GINT_TO_POINTER(directory), g_strdup(name));
	/* It may have come before the watch. */
	if (!has_state(watch, name))
		return;
	forget(watch, directory);
	watch->handler(name, watch->opaque);
}

static void on_state(struct container_watch *watch, int directory)
{
	const char *known = g_hash_table_lookup(watch->starting, GINT_TO_POINTER(directory));
	g_autofree char *name = g_strdup(known);

	if (!name)
		return;
	forget(watch, directory);
	watch->handler(name, watch->opaque);
}

static void take(struct container_watch *watch, const struct inotify_event *event)
{
	if (event->mask & IN_IGNORED)
		g_hash_table_remove(watch->starting, GINT_TO_POINTER(event->wd));
	else if (event->wd == watch->base_watch && event->len)
		on_directory(watch, event->name);
	else if (event->len && g_str_equal(event->name, STATE_FILE))
		on_state(watch, event->wd);
}

static void on_change(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	alignas(struct inotify_event) char buffer[16 * 1024];
	ssize_t size = read(fd, buffer, sizeof(buffer));

	for (ssize_t offset = 0; offset < size;) {
		const struct inotify_event *event = (const void *)(buffer + offset);
		take(opaque, event);
		offset += (ssize_t)(sizeof(*event) + event->len);
	}
}

struct container_watch *container_watch_new(container_watch_handler handler, void *opaque,
					    GError **error)
{
	g_autofree char *base = state_dir_base(error);
	autoclose int fd = base ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;

	if (!base)
		return NULL;
	int base_watch = fd < 0 ? -1 : inotify_add_watch(fd, base, IN_CREATE | IN_ONLYDIR);
	if (base_watch < 0) {
		failure_errno(error, "watch %s", base);
		return NULL;
	}
	struct container_watch *watch = g_new(struct container_watch, 1);
	*watch = (struct container_watch){
		.base = g_steal_pointer(&base),
		.fd = g_steal_fd(&fd),
		.base_watch = base_watch,
		.starting = g_hash_table_new_full(NULL, NULL, NULL, g_free),
		.handler = handler,
		.opaque = opaque,
	};
	watch->source = fd_source_new(NULL, watch->fd, G_IO_IN, on_change, watch);
	return watch;
}

void container_watch_free(struct container_watch *watch)
{
	if (!watch)
		return;
	fd_source_free(watch->source);
	close(watch->fd);
	g_hash_table_unref(watch->starting);
	g_free(watch->base);
	g_free(watch);
}
