/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control - the server of the control socket: connections, framing, replies */
#include "forwarder/control.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/control_reply.h"
#include "forwarder/listener.h"
#include "forwarder/watch.h"
#include "src/failure.h"
#include "src/peer.h"

/* A longer request, and more replies than this that a client does not read, end its connection. */
#define REQUEST_MAX (64 * 1024)
#define REPLIES_MAX (1024 * 1024)

struct control {
	struct control_context context;
	struct watch *watch;
	struct listener *listener;
	GPtrArray *clients; /* of struct client */
};

struct client {
	struct watch_entry entry;
	struct control *control;
	GString *request; /* received, not executed yet */
	GString *replies; /* not sent yet */
	gsize scanned;	  /* of request: bytes that end_of_request() has seen */
	int depth;	  /* of braces at `scanned` */
	bool in_string, is_escaped;
	bool has_ended; /* the client has shut its side down */
};

/* --- one client --- */

static void client_free(gpointer data)
{
	struct client *client = data;

	watch_remove(client->control->watch, &client->entry);
	close(client->entry.fd);
	g_string_free(client->request, TRUE);
	g_string_free(client->replies, TRUE);
	g_free(client);
}

static void client_drop(struct client *client)
{
	g_ptr_array_remove_fast(client->control->clients, client);
}

static void scan_byte(struct client *client, char byte)
{
	if (client->is_escaped)
		client->is_escaped = false;
	else if (client->in_string && byte == '\\')
		client->is_escaped = true;
	else if (byte == '"')
		client->in_string = !client->in_string;
	else if (!client->in_string && byte == '{')
		client->depth++;
	else if (!client->in_string && byte == '}')
		client->depth--;
}

/*
 * A newline ends a request only outside of braces, so that objects that are printed over several
 * lines arrive whole. Returns the request's size with the newline, or 0.
 */
static gsize end_of_request(struct client *client)
{
	while (client->scanned < client->request->len) {
		char byte = client->request->str[client->scanned++];
		if (byte == '\n' && client->depth <= 0)
			return client->scanned;
		scan_byte(client, byte);
	}
	return 0;
}

static void forget_request(struct client *client, gsize size)
{
	g_string_erase(client->request, 0, (gssize)size);
	client->scanned = 0;
	client->depth = 0;
	client->in_string = client->is_escaped = false;
}

static bool is_blank(const GString *text, gsize size)
{
	for (gsize i = 0; i < size; i++)
		if (!g_ascii_isspace(text->str[i]))
			return false;
	return true;
}

static void execute(struct client *client, gsize size, const char *terminator)
{
	if (!is_blank(client->request, size)) {
		g_autofree char *reply =
			control_execute(&client->control->context, client->request->str, size);
		g_string_append(client->replies, reply);
		g_string_append(client->replies, terminator);
	}
	forget_request(client, size);
}

static void execute_requests(struct client *client)
{
	gsize size;

	while (client->replies->len <= REPLIES_MAX && (size = end_of_request(client)) > 0)
		execute(client, size, "\n");
	if (client->has_ended)
		execute(client, client->request->len, "");
	if (client->request->len > REQUEST_MAX) {
		g_autofree char *reply = control_reply_too_large();
		g_string_append(client->replies, reply);
		forget_request(client, client->request->len);
		client->has_ended = true;
	}
}

/* False when the connection is broken. */
static bool receive(struct client *client)
{
	char buffer[4096];
	ssize_t size = recv(client->entry.fd, buffer, sizeof(buffer), 0);

	if (size < 0)
		return errno == EAGAIN || errno == EINTR;
	if (size == 0)
		client->has_ended = true;
	g_string_append_len(client->request, buffer, size);
	execute_requests(client);
	return client->replies->len <= REPLIES_MAX;
}

/* False when the connection is broken or has nothing left to do. */
static bool flush(struct client *client)
{
	ssize_t sent = 0;

	if (client->replies->len)
		sent = send(client->entry.fd, client->replies->str, client->replies->len,
			    MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (sent > 0)
		g_string_erase(client->replies, 0, sent);
	return client->replies->len > 0 || !client->has_ended;
}

static void on_client(struct watch_entry *entry, uint32_t events)
{
	struct client *client = (struct client *)entry;

	if (events & EPOLLERR) {
		client_drop(client);
		return;
	}
	if ((events & (EPOLLIN | EPOLLHUP)) && !client->has_ended && !receive(client)) {
		client_drop(client);
		return;
	}
	if (!flush(client)) {
		client_drop(client);
		return;
	}
	watch_change(client->control->watch, entry,
		     (client->has_ended ? 0 : EPOLLIN) | (client->replies->len ? EPOLLOUT : 0));
}

/* --- the listener --- */

static void add_client(struct control *control, int fd)
{
	struct client *client = g_new0(struct client, 1);

	client->entry = (struct watch_entry){.fd = fd, .handler = on_client};
	client->control = control;
	client->request = g_string_new(NULL);
	client->replies = g_string_new(NULL);
	g_ptr_array_add(control->clients, client);
	if (!watch_add(control->watch, &client->entry, EPOLLIN))
		client_drop(client);
}

static void on_connection(int fd, const struct sockaddr *peer G_GNUC_UNUSED, void *opaque)
{
	if (peer_is_owner(fd))
		add_client(opaque, fd);
	else
		close(fd);
}

struct control *control_new(int listen_fd, const struct control_context *context,
			    struct watch *watch)
{
	struct control *control = g_new0(struct control, 1);

	control->context = *context;
	control->watch = watch;
	control->clients = g_ptr_array_new_with_free_func(client_free);
	control->listener = listener_new(watch, listen_fd, on_connection, control);
	return control;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	g_ptr_array_unref(control->clients);
	listener_free(control->listener);
	g_free(control);
}
