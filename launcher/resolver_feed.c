/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_feed - reads the host's resolv.conf for the forwarder, which sees no files */
#include "launcher/resolver_feed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/etc_cover.h"
#include "src/autoclose.h"
#include "src/fd_source.h"

#define CHANGES	 (IN_CLOSE_WRITE | IN_MOVE | IN_CREATE | IN_DELETE)
#define TEXT_MAX 4096
#define FILE_MAX (64 * 1024)
/* As the kernel has it (path_resolution(7)). */
#define LINKS_MAX 40

struct resolver_feed {
	int fd;
	GSource *source;
	char *path;
	char *text; /* what was read last */
	char *etc;  /* directory that is covered somewhere, or NULL */
	int cover;
	struct deputy *deputy; /* who may change it, and open files; or NULL */
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

/* The caller owns the text; NULL if there is nothing to be read. */
static char *read_file(const char *path, struct deputy *deputy)
{
	autoclose int fd = deputy ? deputy_open_resolv_conf(deputy)
				  : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	g_autofree char *text = g_malloc(FILE_MAX + 1);
	size_t size = 0;
	ssize_t got;

	while ((got = read(fd, text + size, FILE_MAX - size)) > 0)
		size += (size_t)got;
	text[size] = '\0';
	return got < 0 ? NULL : g_steal_pointer(&text);
}

char *resolver_feed_read(const char *path, struct deputy *deputy)
{
	GString *wanted = g_string_new(NULL);
	g_autofree char *text = read_file(path, deputy);
	g_auto(GStrv) lines = NULL;

	if (!text)
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

/* The path behind the first link in it, whose directory is watched; NULL if there is none. */
static char *follow_first_link(const struct resolver_feed *feed, const char *path)
{
	for (const char *end = path + 1; end[-1]; end++) {
		if (*end && *end != '/')
			continue;
		g_autofree char *link = g_strndup(path, (gsize)(end - path));
		g_autofree char *target = g_file_read_link(link, NULL);
		if (!target)
			continue;
		g_autofree char *directory = g_path_get_dirname(link);
		g_autofree char *real = g_canonicalize_filename(target, directory);
		inotify_add_watch(feed->fd, directory, CHANGES | IN_ONLYDIR);
		return g_strconcat(real, end, NULL);
	}
	return NULL;
}

static void watch_links(const struct resolver_feed *feed)
{
	char *path = g_strdup(feed->path);

	for (unsigned i = 0; path && i < LINKS_MAX; i++) {
		char *next = follow_first_link(feed, path);
		g_free(path);
		path = next;
	}
	g_free(path);
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
	watch_links(feed);
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
	struct stat status;
	char buffer[4096];

	/* Whatever it was in these directories: to look is cheap. */
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	watch_directories(feed);
	if (feed->etc && !deputy_refresh_etc(feed->deputy))
		etc_cover_refresh(feed->cover);
	/* While it is missing, or made and not yet written, what was read last holds. */
	if (stat(feed->path, &status) < 0 || status.st_size == 0)
		return;
	g_autofree char *text = resolver_feed_read(feed->path, feed->deputy);
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
	feed->text = resolver_feed_read(path, NULL);
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
