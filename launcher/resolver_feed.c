/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_feed - reads the host's resolv.conf for the forwarder, which sees no files */
#include "launcher/resolver_feed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/etc_cover.h"
#include "src/fd_source.h"

#define CHANGES	 (IN_CLOSE_WRITE | IN_MOVE | IN_CREATE | IN_DELETE)
#define TEXT_MAX 4096

struct resolver_feed {
	int fd;
	GSource *source;
	char *path;
	char *text; /* what was read last */
	char *etc;  /* directory that is covered somewhere, or NULL */
	int cover;
	struct deputy *deputy; /* who may change it, or NULL */
	resolver_feed_handler handler;
	void *opaque;
};

static bool is_wanted(const char *line)
{
	static const char *const keywords[] = {"nameserver", "options"};

	for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++)
		if (g_str_has_prefix(line, keywords[i]) &&
		    g_ascii_isspace(line[strlen(keywords[i])]))
			return true;
	return false;
}

char *resolver_feed_read(const char *path)
{
	GString *wanted = g_string_new(NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return g_string_free(wanted, FALSE);
	/* It goes into a message of JSON. */
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	lines = g_strsplit(valid, "\n", -1);
	for (char **line = lines; *line; line++)
		if (is_wanted(*line) && wanted->len + strlen(*line) < TEXT_MAX)
			g_string_append_printf(wanted, "%s\n", *line);
	return g_string_free(wanted, FALSE);
}

/* Where a link that leads nowhere would lead: its own text counts, not that of further ones. */
static char *follow_dangling(const char *path)
{
	g_autofree char *text = g_file_read_link(path, NULL);
	g_autofree char *directory = g_path_get_dirname(path);

	return text ? g_canonicalize_filename(text, directory) : g_strdup(path);
}

/* The directory of what the path leads to; the nearest one above it while that is not there. */
static char *target_directory(const char *path)
{
	char *real = realpath(path, NULL);
	g_autofree char *target = real ? g_strdup(real) : follow_dangling(path);
	char *directory = g_path_get_dirname(target);

	free(real);
	while (!g_file_test(directory, G_FILE_TEST_IS_DIR) && !g_str_equal(directory, ".")) {
		char *above = g_path_get_dirname(directory);
		g_free(directory);
		directory = above;
	}
	return directory;
}

GPtrArray *resolver_feed_places(const char *path)
{
	static const char *const managers[] = {"/run/systemd/resolve", "/run/NetworkManager",
					       "/run/resolvconf",      "/run/connman",
					       "/run/netconfig",       "/mnt/wsl"};
	GPtrArray *places = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(places, g_path_get_dirname(path));
	g_ptr_array_add(places, target_directory(path));
	for (size_t i = 0; i < G_N_ELEMENTS(managers); i++)
		if (g_file_test(managers[i], G_FILE_TEST_IS_DIR))
			g_ptr_array_add(places, g_strdup(managers[i]));
	return places;
}

/*
 * A link may lead elsewhere by now. What is watched twice is one watch. The file itself, because it
 * may be a mount of its own, as in a container.
 */
static void watch_directories(const struct resolver_feed *feed)
{
	g_autofree char *directory = g_path_get_dirname(feed->path);
	g_autofree char *target = target_directory(feed->path);

	inotify_add_watch(feed->fd, feed->path, IN_CLOSE_WRITE);
	inotify_add_watch(feed->fd, directory, CHANGES | IN_ONLYDIR);
	inotify_add_watch(feed->fd, target, CHANGES | IN_ONLYDIR);
	if (feed->etc)
		inotify_add_watch(feed->fd, feed->etc, CHANGES | IN_ONLYDIR);
}

void resolver_feed_cover(struct resolver_feed *feed, const char *rootfs, int cover)
{
	feed->etc = g_build_filename(rootfs, "etc", NULL);
	feed->cover = cover;
	watch_directories(feed);
}

void resolver_feed_use_deputy(struct resolver_feed *feed, struct deputy *deputy)
{
	if (feed)
		feed->deputy = deputy;
}

static void on_change(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct resolver_feed *feed = opaque;
	char buffer[4096];

	/* Whatever it was in these directories: to look is cheap. */
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	watch_directories(feed);
	if (feed->etc && !deputy_refresh_etc(feed->deputy))
		etc_cover_refresh(feed->cover);
	/* While it is missing, what was read last holds. */
	if (access(feed->path, R_OK) < 0)
		return;
	g_autofree char *text = resolver_feed_read(feed->path);
	if (g_str_equal(text, feed->text))
		return;
	g_free(feed->text);
	feed->text = g_steal_pointer(&text);
	feed->handler(feed->text, feed->opaque);
}

struct resolver_feed *resolver_feed_new(const char *path, resolver_feed_handler handler,
					void *opaque)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return NULL;
	struct resolver_feed *feed = g_new(struct resolver_feed, 1);
	*feed = (struct resolver_feed){
		.fd = fd,
		.path = g_strdup(path),
		.handler = handler,
		.opaque = opaque,
	};
	watch_directories(feed);
	feed->text = resolver_feed_read(path);
	feed->source = fd_source_new(NULL, fd, G_IO_IN, on_change, feed);
	return feed;
}

const char *resolver_feed_text(const struct resolver_feed *feed)
{
	return feed ? feed->text : NULL;
}

int resolver_feed_fd(const struct resolver_feed *feed)
{
	return feed ? feed->fd : -1;
}

void resolver_feed_free(struct resolver_feed *feed)
{
	if (!feed)
		return;
	fd_source_free(feed->source);
	close(feed->fd);
	g_free(feed->path);
	g_free(feed->etc);
	g_free(feed->text);
	g_free(feed);
}
