/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - a connection to a container's launcher: requests with descriptors, replies, events */
#include "src/ctl/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <glib-unix.h>

#include "src/autoclose.h"
#include "src/ctl/message.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/state_socket.h"

struct session {
	char *container;
	int fd;
	char *buffer; /* FDPASS_MAX_BYTES */
};

struct session *session_open(const char *container, GError **error)
{
	autoclose int fd = state_socket_connect(container, STATE_SOCKET_LAUNCHER, error);

	if (fd < 0)
		return NULL;
	/* What is sent fits into the socket's buffer; what is received is polled for. */
	g_unix_set_fd_nonblocking(fd, FALSE, NULL);
	struct session *session = g_new(struct session, 1);
	*session = (struct session){
		.container = g_strdup(container),
		.fd = g_steal_fd(&fd),
		.buffer = g_malloc(FDPASS_MAX_BYTES),
	};
	return session;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	close_fd(&session->fd);
	g_free(session->container);
	g_free(session->buffer);
	g_free(session);
}

int session_fd(const struct session *session)
{
	return session->fd;
}

static bool launcher_gone(const struct session *session, GError **error)
{
	failure_set(error, ECONNRESET, "netns-ctl ls shows the containers that run",
		    "container '%s' has ended, or does not serve us", session->container);
	return false;
}

bool session_send(struct session *session, const struct session_request *request, GError **error)
{
	g_autofree char *text = message_request(request->verb, request->arguments);
	g_autoptr(GError) failure = NULL;
	size_t size = strlen(text);

	if (size > SESSION_MAX_REQUEST) {
		failure_set(error, E2BIG, "take shorter arguments and fewer variables",
			    "the request has %zu bytes, of %u that it may have", size,
			    SESSION_MAX_REQUEST);
		return false;
	}
	if (fdpass_send(session->fd, text, size, request->fds, request->n_fds, &failure))
		return true;
	if (failure->code == EPIPE || failure->code == ECONNRESET)
		return launcher_gone(session, error);
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static bool wait_for_message(const struct session *session, int timeout, GError **error)
{
	struct pollfd waiting = {.fd = session->fd, .events = POLLIN};
	gint64 deadline = g_get_monotonic_time() + timeout * G_TIME_SPAN_MILLISECOND;
	int ready;

	do {
		gint64 left = (deadline - g_get_monotonic_time() + 999) / 1000;
		ready = poll(&waiting, 1, timeout < 0 ? -1 : (int)MAX(left, 0));
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return failure_errno(error, "wait for container '%s'", session->container);
	if (ready == 0)
		failure_set(error, ETIMEDOUT, NULL, "container '%s' did not answer in time",
			    session->container);
	return ready > 0;
}

JsonObject *session_receive(struct session *session, int timeout, int *ret_fd, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;

	if (!wait_for_message(session, timeout, error))
		return NULL;
	ssize_t size = fdpass_receive(session->fd, session->buffer, FDPASS_MAX_BYTES, fds, &n_fds);
	if (size == 0 || (size < 0 && errno == ECONNRESET)) {
		launcher_gone(session, error);
		return NULL;
	}
	if (size < 0) {
		failure_errno(error, "receive from container '%s'", session->container);
		return NULL;
	}
	for (size_t i = 1; i < n_fds; i++)
		close_fd(&fds[i]);
	autoclose int fd = n_fds > 0 ? fds[0] : -1;
	JsonObject *object = message_parse(session->buffer, (size_t)size);
	if (object)
		*ret_fd = g_steal_fd(&fd);
	else
		message_result(NULL, session->container, error);
	return object;
}

JsonObject *session_call(const struct client_request *request, GError **error)
{
	const struct session_request wanted = {.verb = request->verb,
					       .arguments = request->arguments};
	autosession struct session *session = session_open(request->container, error);
	autoclose int unused = -1;

	if (!session || !session_send(session, &wanted, error))
		return NULL;
	g_autoptr(JsonObject) reply = session_receive(session, request->timeout, &unused, error);
	return reply ? message_result(reply, request->container, error) : NULL;
}
