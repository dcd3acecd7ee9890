/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patient_output - a stream into a pipe whose reader may be slow, that a signal can still end */
#include "src/ctl/watch/patient_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <glib.h>

#define BUFFER_SIZE (256 * 1024)
#define PIPE_SIZE   (1024 * 1024)

/* For what is still to be written when all should end, in milliseconds. */
#define GRACE_MS 1000

struct patient_output {
	int fd, stop_fd;
	bool is_file; /* a regular one: it is always ready */
	int *error;
};

/* Either is enough; *ret_stopped if only stop_fd is readable. */
static bool wait_for_room(const struct patient_output *output, bool *ret_stopped)
{
	struct pollfd fds[] = {{.fd = output->fd, .events = POLLOUT},
			       {.fd = output->stop_fd, .events = POLLIN}};

	while (poll(fds, G_N_ELEMENTS(fds), -1) < 0) {
		if (errno != EINTR)
			return false;
	}
	*ret_stopped = !fds[0].revents;
	return true;
}

static bool wait_for_grace(const struct patient_output *output)
{
	struct pollfd fd = {.fd = output->fd, .events = POLLOUT};

	if (poll(&fd, 1, GRACE_MS) > 0)
		return true;
	errno = ECANCELED;
	return false;
}

static bool wait_for(const struct patient_output *output)
{
	bool stopped;

	return wait_for_room(output, &stopped) && (!stopped || wait_for_grace(output));
}

/* As much as goes without blocking. */
static ssize_t write_piece(const struct patient_output *output, const char *data, size_t size)
{
	const struct iovec piece = {.iov_base = (char *)data, .iov_len = size};

	if (output->is_file)
		return write(output->fd, data, size);
	ssize_t written = pwritev2(output->fd, &piece, 1, -1, RWF_NOWAIT);
	/* What is writable takes at least this much without blocking (pipe(7)). */
	if (written < 0 && errno == EOPNOTSUPP)
		written = write(output->fd, data, MIN(size, PIPE_BUF));
	return written;
}

static ssize_t write_some(void *cookie, const char *data, size_t size)
{
	struct patient_output *output = cookie;
	size_t done = 0;

	while (done < size && *output->error == 0) {
		ssize_t written = -1;
		if (wait_for(output))
			written = write_piece(output, data + done, size - done);
		if (written > 0)
			done += (size_t)written;
		else if (errno != EINTR && errno != EAGAIN)
			*output->error = errno;
	}
	return *output->error ? 0 : (ssize_t)done;
}

static int free_cookie(void *cookie)
{
	g_free(cookie);
	return 0;
}

FILE *patient_output_open(int fd, int stop_fd, int *error)
{
	static const cookie_io_functions_t functions = {.write = write_some, .close = free_cookie};
	struct patient_output *output = g_new(struct patient_output, 1);
	struct stat status;

	*output = (struct patient_output){
		.fd = fd,
		.stop_fd = stop_fd,
		.is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode),
		.error = error,
	};
	*error = 0;
	/* The reader is woken less often; an error says that it is no pipe, or may not be larger.
	 */
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	FILE *stream = fopencookie(output, "w", functions);
	if (stream)
		setvbuf(stream, NULL, _IOFBF, BUFFER_SIZE);
	else
		g_free(output);
	return stream;
}
