/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client - one request to a container's control socket, one reply */
#include "src/ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/ctl/message.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/state_socket.h"

/* A reply is never near this; a peer that sends without end is cut off. */
#define REPLY_LIMIT (16u * 1024 * 1024)

struct connection {
	const char *container;
	int fd;
	gint64 deadline; /* of g_get_monotonic_time() */
};

static bool wait_for(const struct connection *connection, short events, GError **error)
{
	struct pollfd poll_fd = {.fd = connection->fd, .events = events};
	int ready;

	do {
		gint64 left = connection->deadline - g_get_monotonic_time();
		ready = poll(&poll_fd, 1, left > 0 ? (int)((left + 999) / 1000) : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return failure_errno(error, "wait for container '%s'", connection->container);
	if (ready > 0)
		return true;
	failure_set(error, ETIMEDOUT, NULL, "container '%s' did not answer in time",
		    connection->container);
	return false;
}

static bool send_text(const struct connection *connection, const char *text, GError **error)
{
	size_t left = strlen(text);

	while (left > 0) {
		if (!wait_for(connection, POLLOUT, error))
			return false;
		ssize_t sent = send(connection->fd, text, left, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return failure_errno(error, "send the request to container '%s'",
					     connection->container);
		if (sent > 0) {
			text += sent;
			left -= (size_t)sent;
		}
	}
	return true;
}

/* The descriptors, with the first byte of the text. */
static bool send_fds(const struct connection *connection, const char *text, const int *fds,
		     size_t n_fds, GError **error)
{
	return n_fds == 0 || fdpass_send(connection->fd, text, 1, fds, n_fds, error);
}

/* Receives up to a newline, which is not part of the reply. */
static char *receive_line(const struct connection *connection, GError **error)
{
	g_autoptr(GString) reply = g_string_new(NULL);
	char buffer[16 * 1024];

	while (reply->len <= REPLY_LIMIT) {
		if (!wait_for(connection, POLLIN, error))
			return NULL;
		ssize_t size = recv(connection->fd, buffer, sizeof(buffer), 0);
		if (size < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (size < 0) {
			failure_errno(error, "receive the reply of container '%s'",
				      connection->container);
			return NULL;
		}
		if (size == 0)
			break;
		const char *newline = memchr(buffer, '\n', (size_t)size);
		g_string_append_len(reply, buffer, newline ? newline - buffer : size);
		if (newline)
			return g_string_free(g_steal_pointer(&reply), FALSE);
	}
	failure_set(error, EBADMSG, NULL, "container '%s' broke off its reply",
		    connection->container);
	return NULL;
}

JsonObject *client_call_with_fds(const struct client_request *request, const int *fds, size_t n_fds,
				 GError **error)
{
	autoclose int fd = state_socket_connect(request->container, STATE_SOCKET_CONTROL, error);

	if (fd < 0)
		return NULL;
	struct connection connection = {
		.container = request->container,
		.fd = fd,
		.deadline = g_get_monotonic_time() + request->timeout * G_TIME_SPAN_MILLISECOND,
	};
	g_autofree char *request_json = message_request(request->verb, request->arguments);
	g_autofree char *text = g_strconcat(request_json, "\n", NULL);
	if (!send_fds(&connection, text, fds, n_fds, error) ||
	    !send_text(&connection, n_fds ? text + 1 : text, error))
		return NULL;
	g_autofree char *reply = receive_line(&connection, error);
	if (!reply)
		return NULL;
	g_autoptr(JsonObject) object = message_parse(reply, strlen(reply));
	return message_result(object, request->container, error);
}

JsonObject *client_call(const struct client_request *request, GError **error)
{
	return client_call_with_fds(request, NULL, 0, error);
}
