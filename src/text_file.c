/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_file - reads a file of settings that a user names, and not more than that */
#include "src/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

static void explain(const struct text_file *file, GError **error)
{
	int errnum = errno;

	failure_set(error, errnum, file->cure, "read %s %s: %s", file->what, file->path,
		    g_strerror(errnum));
}

/* Checked by path first: to open a device can have effects, and a FIFO waits for its writer. */
static int open_file(const struct text_file *file, GError **error)
{
	struct stat status;

	if (stat(file->path, &status) < 0) {
		explain(file, error);
		return -1;
	}
	if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
		failure_set(error, EINVAL, file->cure,
			    "read %s %s: neither a regular file nor a pipe", file->what,
			    file->path);
		return -1;
	}
	int fd = open(file->path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		explain(file, error);
	return fd;
}

/* Reads to the end; -1 with errno on error, EFBIG if there is more than room. */
static ssize_t read_all(int fd, char *buffer, size_t room)
{
	size_t size = 0;
	ssize_t got;

	while ((got = read(fd, buffer + size, room - size)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		size += (size_t)got;
		if (size == room) {
			errno = EFBIG;
			return -1;
		}
	}
	return (ssize_t)size;
}

char *text_file_read(const struct text_file *file, size_t *ret_size, GError **error)
{
	autoclose int fd = open_file(file, error);

	if (fd < 0)
		return NULL;
	g_autofree char *text = g_malloc(file->max + 1);
	ssize_t size = read_all(fd, text, file->max + 1);
	if (size < 0) {
		explain(file, error);
		return NULL;
	}
	text[size] = '\0';
	*ret_size = (size_t)size;
	return g_steal_pointer(&text);
}
