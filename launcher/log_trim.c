/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log_trim - keeps the log of a detached container from filling its file system */
#include "launcher/log_trim.h"

#include <fcntl.h>
#include <sys/stat.h>

#define BLOCK_SIZE 512 /* of st_blocks, see stat(3type) */

struct log {
	int fd;
	off_t limit;
};

void log_trim(int fd, off_t limit)
{
	struct stat status;

	if (fstat(fd, &status) == 0 && status.st_blocks * BLOCK_SIZE > limit)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  status.st_size - limit / 2);
}

static gboolean on_second(gpointer data)
{
	const struct log *log = data;

	log_trim(log->fd, log->limit);
	return G_SOURCE_CONTINUE;
}

guint log_trim_start(int fd, off_t limit)
{
	struct log *log = g_new(struct log, 1);

	*log = (struct log){.fd = fd, .limit = limit};
	return g_timeout_add_seconds_full(G_PRIORITY_DEFAULT, 1, on_second, log, g_free);
}
