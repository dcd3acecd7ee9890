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
#include "src/autoclose.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/peer.h"

/* A longer request ends the connection. */
#define REQUEST_MAX (64 * 1024)
/* When a client comes beyond these, or all buffers together have more bytes, one has to go. */
#define CLIENTS_MAX 256
#define BUFFERS_MAX (16 * 1024 * 1024)
/* What a descriptor that waits for its request counts as: there may be 256 of them. */
#define DESCRIPTOR_WEIGHT (64 * 1024)
/* What a buffer keeps of its memory when it is empty. */
#define BUFFER_REST 4096

struct control {
	struct control_context context;
	struct watch *watch;
	struct listener *listener;
	int listen_fd;	    /* the listener's */
	GPtrArray *clients; /* of struct client */
	gsize buffered;	    /* bytes of memory that their buffers have */
	uint64_t clock;	    /* counts what clients do */
};

struct client {
	struct watch_entry entry;
	struct control *control;
	GString *request; /* received, not executed yet */
	GString *replies; /* not sent yet */
	GArray *fds;	  /* of int: received, not used yet */
	gsize buffered;	  /* of control->buffered */
	uint64_t last_active;
	bool was_heard; /* has made a request */
	gsize complete; /* size of the request that is executed next, 0: there is none */
	gsize scanned;	/* of request: bytes that end_of_request() has seen */
	int depth;	/* of braces at `scanned` */
	bool in_string, is_escaped;
	bool has_ended; /* the client has shut its side down */
};

/* --- one client --- */

static void close_fds(struct client *client)
{
	for (guint i = 0; i < client->fds->len; i++)
		close_fd(&g_array_index(client->fds, int, i));
	g_array_set_size(client->fds, 0);
}

static void client_free(gpointer data)
{
	struct client *client = data;

	client->control->buffered -= client->buffered;
	watch_remove(client->control->watch, &client->entry);
	close(client->entry.fd);
	close_fds(client);
	g_array_unref(client->fds);
	g_string_free(client->request, TRUE);
	g_string_free(client->replies, TRUE);
	g_free(client);
}

static void client_drop(struct client *client)
{
	g_ptr_array_remove_fast(client->control->clients, client);
}

static void shrink_if_empty(GString **buffer)
{
	if ((*buffer)->len || (*buffer)->allocated_len <= BUFFER_REST)
		return;
	g_string_free(*buffer, TRUE);
	*buffer = g_string_new(NULL);
}

static struct client *find_largest(const struct control *control)
{
	struct client *largest = g_ptr_array_index(control->clients, 0);

	for (guint i = 1; i < control->clients->len; i++) {
		struct client *client = g_ptr_array_index(control->clients, i);
		if (client->buffered > largest->buffered)
			largest = client;
	}
	return largest;
}

/* To be called when its buffers have changed; may drop it, or another one. */
static void client_account(struct client *client)
{
	struct control *control = client->control;

	shrink_if_empty(&client->request);
	shrink_if_empty(&client->replies);
	control->buffered -= client->buffered;
	client->buffered = client->request->allocated_len + client->replies->allocated_len +
			   client->fds->len * DESCRIPTOR_WEIGHT;
	control->buffered += client->buffered;
	while (control->buffered > BUFFERS_MAX)
		client_drop(find_largest(control));
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

/* It ends with its last brace; what does not begin with one is no request, all of it. */
static gsize end_of_only_request(struct client *client)
{
	while (client->scanned < client->request->len) {
		char byte = client->request->str[client->scanned++];
		scan_byte(client, byte);
		if (client->depth <= 0 && !g_ascii_isspace(byte))
			return byte == '}' ? client->scanned : client->request->len;
	}
	return 0;
}

/*
 * A newline ends a request only outside of braces, so that objects that are printed over several
 * lines arrive whole. Returns the request's size with the newline, or 0.
 */
static gsize end_of_request(struct client *client)
{
	if (client->control->context.once)
		return end_of_only_request(client);
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
		struct control_context context = client->control->context;

		client->was_heard = true;
		context.fds = client->fds;
		g_autofree char *reply = control_execute(&context, client->request->str, size);
		g_string_append(client->replies, reply);
		g_string_append(client->replies, terminator);
		close_fds(client);
	}
	forget_request(client, size);
}

/* One request, so that others get their turn before the next. */
static void execute_next(struct client *client)
{
	gsize size = client->complete;

	client->complete = 0;
	if (size && client->control->context.once) {
		execute(client, size, "");
		forget_request(client, client->request->len);
		client->has_ended = true;
	} else if (size)
		execute(client, size, "\n");
	else if (client->has_ended)
		execute(client, client->request->len, "");
	client->complete = end_of_request(client);
}

static void refuse_too_large(struct client *client)
{
	g_autofree char *reply = control_reply_too_large();

	g_string_append(client->replies, reply);
	forget_request(client, client->request->len);
	client->has_ended = true;
}

/* False when the connection is broken. */
static bool receive(struct client *client)
{
	char buffer[4096];
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	descriptor_limit_open_reserve(true);
	ssize_t size = fdpass_receive(client->entry.fd, buffer, sizeof(buffer), fds, &n_fds);
	int errnum = errno;
	descriptor_limit_open_reserve(false);

	if (size < 0)
		return errnum == EAGAIN || errnum == EINTR;
	if (size == 0)
		client->has_ended = true;
	g_array_append_vals(client->fds, fds, (guint)n_fds);
	if (client->fds->len > FDPASS_MAX_FDS)
		return false;
	g_string_append_len(client->request, buffer, size);
	client->complete = end_of_request(client);
	if (!client->complete && client->request->len > REQUEST_MAX)
		refuse_too_large(client);
	return true;
}

/* There is something to execute. */
static bool is_due(const struct client *client)
{
	return client->complete || (client->has_ended && client->request->len);
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
	return client->replies->len > 0 || !client->has_ended || is_due(client);
}

/* False when the connection is over. */
static bool advance(struct client *client, uint32_t events)
{
	if (events & EPOLLERR)
		return false;
	/* Who has asked already, or does not read, is not heard. */
	if ((events & (EPOLLIN | EPOLLHUP)) && !client->has_ended && !is_due(client) &&
	    !client->replies->len && !receive(client))
		return false;
	if (is_due(client) && !client->replies->len)
		execute_next(client);
	return flush(client);
}

/* A request that is due waits for room for its answer. */
static uint32_t wanted_events(const struct client *client)
{
	if (client->replies->len || is_due(client))
		return EPOLLOUT;
	return client->has_ended ? 0 : EPOLLIN;
}

static void on_client(struct watch_entry *entry, uint32_t events)
{
	struct client *client = (struct client *)entry;

	client->last_active = ++client->control->clock;
	if (!advance(client, events)) {
		client_drop(client);
		return;
	}
	watch_change(client->control->watch, entry, wanted_events(client));
	client_account(client);
}

/* --- the listener --- */

static bool is_less_worthy(const struct client *a, const struct client *b)
{
	if (a->was_heard != b->was_heard)
		return b->was_heard;
	return a->last_active < b->last_active;
}

/* Who has been idle for longest, first of all of those who never asked for anything. */
static void make_room(struct control *control)
{
	struct client *idlest = g_ptr_array_index(control->clients, 0);
	g_autofree char *reply = control_reply_too_many();
	g_autofree char *line = g_strconcat(reply, "\n", NULL);

	for (guint i = 1; i < control->clients->len; i++) {
		struct client *client = g_ptr_array_index(control->clients, i);
		if (is_less_worthy(client, idlest))
			idlest = client;
	}
	/* Behind a part of a reply it would make that one malformed. */
	if (!idlest->replies->len)
		send(idlest->entry.fd, line, strlen(line), MSG_NOSIGNAL);
	client_drop(idlest);
}

static void add_client(struct control *control, int fd)
{
	struct client *client = g_new0(struct client, 1);

	if (control->clients->len == CLIENTS_MAX)
		make_room(control);
	client->last_active = ++control->clock;
	client->entry = (struct watch_entry){.fd = fd, .handler = on_client};
	client->control = control;
	client->fds = g_array_new(FALSE, FALSE, sizeof(int));
	client->request = g_string_new(NULL);
	client->replies = g_string_new(NULL);
	g_ptr_array_add(control->clients, client);
	if (!watch_add(control->watch, &client->entry, EPOLLIN))
		client_drop(client);
}

static void on_connection(int fd, const struct sockaddr *peer G_GNUC_UNUSED, void *opaque)
{
	struct control *control = opaque;

	/* slirp4netns's is also for who is in the network, by its own documentation. */
	if (peer_is_owner(fd, control->context.once ? -1 : control->listen_fd))
		add_client(control, fd);
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
	control->listen_fd = listen_fd;
	control->listener = listener_new(watch, listen_fd, on_connection, control);
	if (control->listener)
		listener_open_reserve(control->listener);
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
