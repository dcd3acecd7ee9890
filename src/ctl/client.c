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
/* How often a request is sent to forwarders that go away. One that turns us away does so, too. */
#define TRIES 5

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
	failure_set(error, reply->len ? EBADMSG : ECONNRESET, NULL,
		    "container '%s' broke off its reply", connection->container);
	return NULL;
}

/* What a request needs, each time that it is sent. */
struct call {
	const char *container;
	const char *text;
	const int *fds;
	size_t n_fds;
	gint64 deadline;
};

/* The text of the reply; ECONNRESET or EPIPE when the forwarder went away before it answered. */
static char *call_once(const struct call *call, GError **error)
{
	autoclose int fd = state_socket_connect(call->container, STATE_SOCKET_CONTROL, error);
	const struct connection connection = {call->container, fd, call->deadline};

	if (fd < 0 || !send_fds(&connection, call->text, call->fds, call->n_fds, error) ||
	    !send_text(&connection, call->n_fds ? call->text + 1 : call->text, error))
		return NULL;
	return receive_line(&connection, error);
}

/* A forwarder that is replaced drops its clients; the next one listens at the same socket. */
static char *call_until_answered(const struct call *call, GError **error)
{
	for (unsigned tries_left = TRIES; tries_left-- > 0;) {
		g_autoptr(GError) failure = NULL;
		char *reply = call_once(call, &failure);

		if (reply)
			return reply;
		if (tries_left == 0 || (failure->code != ECONNRESET && failure->code != EPIPE)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			break;
		}
	}
	return NULL;
}

JsonObject *client_call_with_fds(const struct client_request *request, const int *fds, size_t n_fds,
				 GError **error)
{
	g_autofree char *request_json = message_request(request->verb, request->arguments);
	g_autofree char *text = g_strconcat(request_json, "\n", NULL);
	const struct call call = {
		.container = request->container,
		.text = text,
		.fds = fds,
		.n_fds = n_fds,
		.deadline = g_get_monotonic_time() + request->timeout * G_TIME_SPAN_MILLISECOND,
	};
	g_autofree char *reply = call_until_answered(&call, error);

	if (!reply)
		return NULL;
	g_autoptr(JsonObject) object = message_parse(reply, strlen(reply));
	return message_result(object, request->container, error);
}

JsonObject *client_call(const struct client_request *request, GError **error)
{
	return client_call_with_fds(request, NULL, 0, error);
}

JsonObject *client_order(const char *container, const char *verb, JsonObject *arguments,
			 GError **error)
{
	const struct client_request request = {container, verb, arguments, CLIENT_TIMEOUT};

	return client_call(&request, error);
}
