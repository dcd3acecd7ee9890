/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_server - a socket of requests: who comes, who waits, and who has to go */
#include "launcher/session_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/failure.h"
#include "src/fd_source.h"
#include "src/fdpass.h"
#include "src/peer.h"

/* When a client comes beyond these, one has to go. */
#define CLIENTS_MAX 256
/* How long nobody is accepted when descriptors have run out. */
#define PAUSE_MS 100
#define TOO_MANY "too many clients at once"
/* How long all of them who have come to the end, and said nothing yet, are waited for. */
#define LAST_WORDS_MS 50

struct session_server {
	struct session_server_context context;
	int listen_fd;
	GSource *source;    /* NULL in a pause */
	guint pause;	    /* source that ends one, or 0 */
	GPtrArray *clients; /* of struct client */
	guint64 clock;	    /* counts what clients do */
};

struct client {
	struct session_server *server;
	int fd;
	GSource *source;
	guint64 last_active;
	bool was_heard;		     /* has asked for something */
	bool waits;		     /* for the end */
	struct event_reader *events; /* or NULL */
};

static void client_free(gpointer data)
{
	struct client *client = data;

	events_remove_reader(client->server->context.events, client->events);
	fd_source_free(client->source);
	close(client->fd);
	g_free(client);
}

/* --- clients --- */

static void refuse(int fd, int errnum, const char *cause)
{
	g_autoptr(GError) error = NULL;

	failure_set(&error, errnum, NULL, "%s", cause);
	session_send_failure(fd, error, 0);
}

static void start_events(struct client *client, JsonObject *arguments)
{
	struct events *events = client->server->context.events;
	gint64 last = json_object_get_int_member_with_default(arguments, "last", 0);

	session_send_return(client->fd, session_empty_object(), -1);
	if (!client->events)
		client->events = events_add_reader(events, client->fd, (guint64)MAX(last, 0));
}

/* The keeper answers by itself. */
static void upgrade(const struct client *client)
{
	int fd = fcntl(client->fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		keeper_upgrade(client->server->context.keeper, fd);
}

/* False when the connection is over, or not ours any more. */
static bool serve(struct client *client, const char *text, size_t size, const int *fds,
		  size_t n_fds)
{
	g_autoptr(GError) error = NULL;
	const struct session_server_context *context = &client->server->context;
	struct session_request request;
	bool stays = true;

	if (!session_request_parse(text, size, &request, &error)) {
		session_send_failure(client->fd, error, 0);
		return false;
	}
	if (g_str_equal(request.verb, "upgrade")) {
		upgrade(client);
		stays = false;
	} else if (g_str_equal(request.verb, "wait")) {
		client->waits = true;
	} else if (g_str_equal(request.verb, "events")) {
		start_events(client, request.arguments);
	} else {
		const struct session_call call = {client->fd, &request, text, size, fds, n_fds};
		stays = context->execute(&call, context->opaque);
	}
	session_request_done(&request);
	return stays;
}

static void on_client(int fd, GIOCondition ready, void *opaque);

static void on_room(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct client *client = opaque;

	fd_source_free(client->source);
	client->source = fd_source_new(NULL, fd, G_IO_IN, on_client, client);
}

/* Who does not read is not heard until there is room for an answer. */
static bool has_room(struct client *client)
{
	struct pollfd entry = {.fd = client->fd, .events = POLLOUT};

	if (poll(&entry, 1, 0) == 1)
		return true;
	fd_source_free(client->source);
	client->source = fd_source_new(NULL, client->fd, G_IO_OUT, on_room, client);
	return false;
}

static void on_client(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct client *client = opaque;
	g_autofree char *text = g_malloc(SESSION_MESSAGE_MAX);
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;

	if (!has_room(client))
		return;
	ssize_t size = fdpass_receive(fd, text, SESSION_MESSAGE_MAX, fds, &n_fds);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size < 0 && errno == EMSGSIZE)
		refuse(client->fd, EMSGSIZE, "the request is too large");
	client->last_active = ++client->server->clock;
	client->was_heard = true;
	bool stays = size > 0 && serve(client, text, (size_t)size, fds, n_fds);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	if (!stays)
		g_ptr_array_remove_fast(client->server->clients, client);
}

/* True for who is right to be silent. */
static bool is_waiting(const struct client *client)
{
	return client->waits || client->events;
}

static bool is_less_worthy(const struct client *a, const struct client *b)
{
	if (is_waiting(a) != is_waiting(b))
		return is_waiting(b);
	if (a->was_heard != b->was_heard)
		return b->was_heard;
	return a->last_active < b->last_active;
}

/* Who has been idle for longest goes, first of all of those who never asked for anything. */
static bool make_room(struct session_server *server)
{
	struct client *idlest = g_ptr_array_index(server->clients, 0);

	for (guint i = 1; i < server->clients->len; i++) {
		struct client *client = g_ptr_array_index(server->clients, i);
		if (is_less_worthy(client, idlest))
			idlest = client;
	}
	if (is_waiting(idlest))
		return false;
	refuse(idlest->fd, EUSERS, TOO_MANY);
	g_ptr_array_remove_fast(server->clients, idlest);
	return true;
}

static void add_client(struct session_server *server, int fd)
{
	struct client *client = g_new(struct client, 1);

	*client = (struct client){
		.server = server,
		.fd = fd,
		.source = fd_source_new(NULL, fd, G_IO_IN, on_client, client),
		.last_active = ++server->clock,
	};
	g_ptr_array_add(server->clients, client);
}

static void accept_clients(struct session_server *server);

static gboolean end_pause(gpointer data)
{
	struct session_server *server = data;

	server->pause = 0;
	accept_clients(server);
	return G_SOURCE_REMOVE;
}

/* Who waits at the door would be reported without end. */
static void pause_accepting(struct session_server *server)
{
	g_clear_pointer(&server->source, fd_source_free);
	server->pause = g_timeout_add(PAUSE_MS, end_pause, server);
}

static void on_connection(int listen_fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct session_server *server = opaque;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(server);
		return;
	}
	if (!peer_is_owner(fd, listen_fd)) {
		close(fd);
	} else if (server->clients->len < CLIENTS_MAX || make_room(server)) {
		add_client(server, fd);
	} else {
		refuse(fd, EUSERS, TOO_MANY);
		close(fd);
	}
}

static void accept_clients(struct session_server *server)
{
	server->source = fd_source_new(NULL, server->listen_fd, G_IO_IN, on_connection, server);
}

struct session_server *session_server_new(int listen_fd,
					  const struct session_server_context *context)
{
	struct session_server *server = g_new(struct session_server, 1);

	*server = (struct session_server){
		.context = *context,
		.listen_fd = listen_fd,
		.clients = g_ptr_array_new_with_free_func(client_free),
	};
	accept_clients(server);
	return server;
}

/* Those who have come, but not been heard yet, until the end. */
static void serve_last(struct session_server *server)
{
	gint64 deadline = g_get_monotonic_time() + LAST_WORDS_MS * G_TIME_SPAN_MILLISECOND;
	struct pollfd door = {.fd = server->listen_fd, .events = POLLIN};

	while (!server->pause && poll(&door, 1, 0) == 1 && g_get_monotonic_time() < deadline)
		on_connection(server->listen_fd, G_IO_IN, server);
	/* From the last on, as one that leaves makes the last take its place. */
	for (guint i = server->clients->len; i-- > 0;) {
		struct client *client = g_ptr_array_index(server->clients, i);
		struct pollfd entry = {.fd = client->fd, .events = POLLIN};
		gint64 left = (deadline - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;

		if (!client->was_heard && poll(&entry, 1, (int)MAX(left, 0)) == 1)
			on_client(client->fd, G_IO_IN, client);
	}
}

static void tell_status(gpointer data, gpointer user_data)
{
	struct client *client = data;
	const int *status = user_data;

	if (!client->waits)
		return;
	JsonNode *result = session_empty_object();
	json_object_set_int_member(json_node_get_object(result), "status", *status);
	session_send_return(client->fd, result, -1);
}

void session_server_free(struct session_server *server, int status)
{
	if (!server)
		return;
	serve_last(server);
	g_ptr_array_foreach(server->clients, tell_status, &status);
	fd_source_free(server->source);
	if (server->pause)
		g_source_remove(server->pause);
	g_ptr_array_unref(server->clients);
	close(server->listen_fd);
	g_free(server);
}
