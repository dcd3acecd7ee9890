/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standard_streams - descriptors 0, 1 and 2 of ours, and who gets our messages */
#include "src/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

void standard_streams_ensure(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* glibc lets programs assign the standard streams. */
bool standard_streams_keep_messages(FILE **ret_own, GError **error)
{
	autoclose int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");

	if (!stream)
		return failure_errno(error, "duplicate standard error");
	g_steal_fd(&copy);
	setvbuf(stream, NULL, _IONBF, 0);
	*ret_own = stderr;
	stderr = stream;
	return true;
}

void standard_streams_restore_messages(FILE **own)
{
	FILE *stream = stderr;

	if (!*own)
		return;
	stderr = g_steal_pointer(own);
	fclose(stream);
}
