/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logs - netns-ctl NAME logs: the output of a container that keeps it in a file */
#include "src/ctl/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/container_process.h"
#include "src/ctl/message.h"
#include "src/failure.h"
#include "src/state_dir.h"

#define LOG_FILE "output.log"

/* Nothing is there to be read of a log but what is written: no FIFO, no device. */
static int open_regular(int dir, const char *path)
{
	struct stat status;
	autoclose int fd = openat(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &status) == 0 && !S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return g_steal_fd(&fd);
}

/* The log's path below the container's directory, or the one that --log-file named. */
static char *log_path(const char *container, GError **error)
{
	g_autofree char *text = state_dir_read(container, error);

	if (!text)
		return NULL;
	g_autoptr(JsonObject) state = message_parse(text, strlen(text));
	const char *named = state ? message_string(state, "log") : NULL;
	return g_strdup(named ? named : LOG_FILE);
}

static int open_log(const char *container, GError **error)
{
	g_autofree char *directory = NULL;
	autoclose int dir = state_dir_open(container, &directory, error);
	g_autofree char *path = dir < 0 ? NULL : log_path(container, error);

	if (!path)
		return -1;
	int fd = open_regular(dir, path);
	if (fd < 0 && errno == ENOENT)
		failure_set(error, ENOENT, "start it with netns-run --detach or --log-file",
			    "container '%s' keeps no log", container);
	else if (fd < 0)
		failure_errno(error, "open the log %s of container '%s'", path, container);
	return fd;
}

static bool write_all(const char *data, size_t size, GError **error)
{
	while (size > 0) {
		ssize_t written = write(STDOUT_FILENO, data, size);
		if (written < 0 && errno != EINTR)
			return failure_errno(error, "write to standard output");
		if (written > 0) {
			data += written;
			size -= (size_t)written;
		}
	}
	return true;
}

/* Up to where the file ends now. */
static bool copy_rest(int log, GError **error)
{
	char buffer[64 * 1024];

	for (;;) {
		ssize_t size = read(log, buffer, sizeof(buffer));
		if (size == 0)
			return true;
		if (size < 0 && errno != EINTR)
			return failure_errno(error, "read the log");
		if (size > 0 && !write_all(buffer, (size_t)size, error))
			return false;
	}
}

/*
 * What got too much at its beginning has been made a hole (launcher's log_trim.h): to the line that
 * follows it.
 */
static bool skip_hole(int log, GError **error)
{
	char buffer[4096];
	off_t start = lseek(log, 0, SEEK_DATA);

	/* ENXIO: an empty file. EINVAL: a file system without holes. */
	if (start <= 0)
		return lseek(log, 0, SEEK_SET) == 0 || failure_errno(error, "read the log");
	ssize_t size = pread(log, buffer, sizeof(buffer), start);
	const char *newline = size > 0 ? memchr(buffer, '\n', (size_t)size) : NULL;
	off_t skipped = newline ? newline + 1 - buffer : 0;
	return lseek(log, start + skipped, SEEK_SET) >= 0 || failure_errno(error, "read the log");
}

static int watch_file(int fd, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	autoclose int changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (changes < 0 || inotify_add_watch(changes, path, IN_MODIFY) < 0) {
		failure_errno(error, "watch the log");
		return -1;
	}
	return g_steal_fd(&changes);
}

static void drop_events(int changes)
{
	char buffer[4096];

	while (read(changes, buffer, sizeof(buffer)) > 0)
		;
}

/* The launcher ends after the last writer: what is there then is all. */
static bool follow(int launcher, int log, GError **error)
{
	autoclose int changes = watch_file(log, error);
	struct pollfd waiting[] = {{.fd = launcher, .events = POLLIN},
				   {.fd = changes, .events = POLLIN},
				   {.fd = STDOUT_FILENO, .events = 0}};

	if (changes < 0)
		return false;
	while (copy_rest(log, error)) {
		if (waiting[0].revents)
			return true;
		/* Nobody reads us any more: `logs -f | grep -q`. */
		if (waiting[2].revents & (POLLERR | POLLNVAL))
			return true;
		if (poll(waiting, G_N_ELEMENTS(waiting), -1) < 0 && errno != EINTR)
			return failure_errno(error, "wait for the log");
		drop_events(changes);
	}
	return false;
}

bool logs_print(const struct ctl_request *request, GError **error)
{
	autoclose int launcher = container_process_open_launcher(request->container, error);
	autoclose int log = launcher < 0 ? -1 : open_log(request->container, error);

	if (log < 0 || !skip_hole(log, error))
		return false;
	return request->options.follow ? follow(launcher, log, error) : copy_rest(log, error);
}
