/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_reader - one who reads a container's events, at his own pace */
#include "launcher/event_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/fd_source.h"

struct event_reader {
	const struct event_log *log;
	int fd;
	int own_fd; /* fd itself, opened anew; or -1 */
	bool takes_packets;
	bool is_gone;
	guint64 next;	 /* number of the event that it gets next */
	GString *rest;	 /* of a line of which a stream took a part */
	GSource *source; /* while there is no room for more */
};

static bool takes_packets(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type != SOCK_STREAM;
}

/* -1 for what cannot be opened a second time, or need not be. */
static int open_anew(int fd)
{
	struct stat status;
	char path[64];

	if (fstat(fd, &status) < 0 || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

struct event_reader *event_reader_new(const struct event_log *log, int fd, guint64 last)
{
	struct event_reader *reader = g_new0(struct event_reader, 1);
	guint64 next = event_log_next(log);

	reader->log = log;
	reader->own_fd = open_anew(fd);
	reader->fd = reader->own_fd >= 0 ? reader->own_fd : fd;
	reader->takes_packets = takes_packets(fd);
	reader->next = next - MIN(last, next - event_log_first(log));
	reader->rest = g_string_new(NULL);
	return reader;
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	fd_source_free(reader->source);
	close_fd(&reader->own_fd);
	g_string_free(reader->rest, TRUE);
	g_free(reader);
}

/* Also for what could not be opened anew, and blocks. */
static ssize_t write_at_once(int fd, const char *text, size_t size)
{
	struct pollfd entry = {.fd = fd, .events = POLLOUT};
	ssize_t written = send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (written >= 0 || errno != ENOTSOCK)
		return written;
	if (poll(&entry, 1, 0) == 1)
		return write(fd, text, size);
	errno = EAGAIN;
	return -1;
}

static void on_room(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct event_reader *reader = opaque;

	g_clear_pointer(&reader->source, fd_source_free);
	event_reader_catch_up(reader);
}

/* True when the whole line is written, or noted as the rest. */
static bool put(struct event_reader *reader, const char *line, size_t size)
{
	ssize_t written = write_at_once(reader->fd, line, size - reader->takes_packets);

	if (written >= 0) {
		if (!reader->takes_packets)
			g_string_append_len(reader->rest, line + written, (gssize)size - written);
		return true;
	}
	reader->is_gone = errno != EAGAIN && errno != EINTR;
	return false;
}

static bool put_rest(struct event_reader *reader)
{
	ssize_t written;

	if (!reader->rest->len)
		return true;
	written = write_at_once(reader->fd, reader->rest->str, reader->rest->len);
	if (written > 0)
		g_string_erase(reader->rest, 0, written);
	reader->is_gone = written < 0 && errno != EAGAIN && errno != EINTR;
	return reader->rest->len == 0;
}

static bool put_lost(struct event_reader *reader)
{
	guint64 first = event_log_first(reader->log);

	if (reader->next >= first)
		return true;
	g_autoptr(JsonObject) details = json_object_new();
	json_object_set_int_member(details, "count", (gint64)(first - reader->next));
	g_autofree char *line = event_log_format(reader->log, EVENT_LOST, details);
	if (!put(reader, line, strlen(line)))
		return false;
	reader->next = first;
	return true;
}

static bool put_next(struct event_reader *reader)
{
	size_t size;
	const char *line;

	if (!put_rest(reader) || !put_lost(reader))
		return false;
	if (reader->rest->len)
		return true;
	line = event_log_line(reader->log, reader->next, &size);
	if (!put(reader, line, size))
		return false;
	reader->next++;
	return true;
}

static bool has_more(const struct event_reader *reader)
{
	return reader->rest->len || reader->next < event_log_next(reader->log);
}

void event_reader_catch_up(struct event_reader *reader)
{
	if (reader->source || reader->is_gone)
		return;
	while (has_more(reader) && put_next(reader))
		;
	if (has_more(reader) && !reader->is_gone)
		reader->source = fd_source_new(NULL, reader->fd, G_IO_OUT, on_room, reader);
}

void event_reader_finish(struct event_reader *reader, gint64 deadline)
{
	struct pollfd entry = {.fd = reader->fd, .events = POLLOUT};

	event_reader_catch_up(reader);
	while (has_more(reader) && !reader->is_gone) {
		gint64 left = (deadline - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
		if (left <= 0 || poll(&entry, 1, (int)left) <= 0)
			return;
		g_clear_pointer(&reader->source, fd_source_free);
		event_reader_catch_up(reader);
	}
}
