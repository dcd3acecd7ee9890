/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patient_output - a stream into a pipe whose reader may be slow, that a signal can still end */
#include "src/ctl/watch/patient_output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

#include <glib.h>

#define BUFFER_SIZE 65536

/* For what is still to be written when all should end, in milliseconds. */
#define GRACE_MS 1000

struct patient_output {
	int fd, stop_fd;
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

/* A pipe that is writable takes this much without blocking (pipe(7)). */
static ssize_t write_some(void *cookie, const char *data, size_t size)
{
	struct patient_output *output = cookie;
	size_t done = 0;

	while (done < size && *output->error == 0) {
		ssize_t written = -1;
		if (wait_for(output))
			written = write(output->fd, data + done, MIN(size - done, PIPE_BUF));
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

	*output = (struct patient_output){.fd = fd, .stop_fd = stop_fd, .error = error};
	*error = 0;
	FILE *stream = fopencookie(output, "w", functions);
	if (stream)
		setvbuf(stream, NULL, _IOFBF, BUFFER_SIZE);
	else
		g_free(output);
	return stream;
}
