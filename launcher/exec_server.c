/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_server - runs more commands in the container, in the place of PID 1 */
#include "launcher/exec_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/exec_request.h"
#include "launcher/packet_socket.h"
#include "launcher/session_message.h"
#include "launcher/spawn.h"
#include "launcher/status.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/fdpass.h"
#include "src/json_add.h"

struct exec_server {
	GMainContext *context;
	const struct command *base;
	GSource *source;
	GPtrArray *sessions; /* of struct session */
};

/* One command that runs for a client. */
struct session {
	int connection;
	GSource *source;
	pid_t pid;
	bool is_to_stop; /* the client waits to be told */
};

static void session_free(gpointer data)
{
	struct session *session = data;

	fd_source_free(session->source);
	close(session->connection);
	g_free(session);
}

static void hang_up(struct session *session)
{
	g_clear_pointer(&session->source, fd_source_free);
}

/* What a shell does to a job when it stops it, and lets it go on, concerns the whole of it. */
static void send_signal(struct session *session, int number)
{
	bool is_for_group = number == SIGSTOP || number == SIGCONT;

	session->is_to_stop |= number == SIGSTOP;
	kill(is_for_group ? -session->pid : session->pid, number);
}

static void on_client(int connection, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct session *session = opaque;
	char text[512];
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	struct session_request request;
	ssize_t size = fdpass_receive(connection, text, sizeof(text), fds, &n_fds);

	for (size_t i = 0; size >= 0 && i < n_fds; i++)
		close(fds[i]);
	if (size < 0 && errno == EAGAIN)
		return;
	if (size <= 0 || !session_request_parse(text, (size_t)size, &request, NULL)) {
		hang_up(session);
		return;
	}
	gint64 number = json_object_get_int_member_with_default(request.arguments, "signal", 0);
	if (g_str_equal(request.verb, "signal") && number > 0 && number < NSIG)
		send_signal(session, (int)number);
	session_request_done(&request);
}

static void add_session(struct exec_server *server, int connection, pid_t pid)
{
	struct session *session = g_new(struct session, 1);

	fcntl(connection, F_SETFL, O_NONBLOCK);
	*session = (struct session){
		.connection = connection,
		.pid = pid,
		.source = fd_source_new(server->context, connection, G_IO_IN, on_client, session),
	};
	g_ptr_array_add(server->sessions, session);
}

static void send_started(int connection, const struct spawned *spawned)
{
	JsonNode *result = session_empty_object();

	json_object_set_int_member(json_node_get_object(result), "pid", spawned->pid);
	session_send_return(connection, result, spawned->master);
}

static bool start_command(struct exec_server *server, const struct exec_request *request,
			  const int *streams, int connection, int *ret_status, GError **error)
{
	struct spawned spawned;

	if (!spawn_command(&request->command, streams, &spawned, ret_status, error))
		return false;
	send_started(connection, &spawned);
	close_fd(&spawned.master);
	add_session(server, connection, spawned.pid);
	return true;
}

/* Answers with a socket of the container's network. */
static void give_packet_socket(const struct exec_server *server, JsonObject *arguments,
			       int connection)
{
	g_autoptr(GError) error = NULL;
	autoclose int fd = packet_socket_open(server->base, arguments, &error);

	if (fd >= 0)
		session_send_return(connection, session_empty_object(), fd);
	else
		session_send_failure(connection, error, 0);
}

/* fds: the client's connection, and its standard streams. True when the connection is in use. */
static bool execute(struct exec_server *server, const char *text, size_t size, const int *fds,
		    size_t n_fds)
{
	g_autoptr(GError) error = NULL;
	struct exec_request request;
	int status = 125;

	if (!exec_request_parse(text, size, server->base, &request, &error)) {
		session_send_failure(fds[0], error, status);
		return false;
	}
	if (!request.command.tty && n_fds != 4)
		failure_set(&error, EINVAL, NULL, "an exec needs three standard streams");
	else
		start_command(server, &request, request.command.tty ? NULL : fds + 1, fds[0],
			      &status, &error);
	if (error)
		session_send_failure(fds[0], error, status);
	exec_request_done(&request);
	return !error;
}

/* True when the connection, the first of fds, is in use. */
static bool serve(struct exec_server *server, const char *text, size_t size, const int *fds,
		  size_t n_fds)
{
	struct session_request request;

	if (!session_request_parse(text, size, &request, NULL))
		return false;
	bool is_exec = !g_str_equal(request.verb, "packet-socket");
	if (!is_exec)
		give_packet_socket(server, request.arguments, fds[0]);
	session_request_done(&request);
	return is_exec && execute(server, text, size, fds, n_fds);
}

static void on_launcher(int socket, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct exec_server *server = opaque;
	g_autofree char *text = g_malloc(SESSION_MESSAGE_MAX);
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	ssize_t size = fdpass_receive(socket, text, SESSION_MESSAGE_MAX, fds, &n_fds);

	if (size < 0)
		return;
	/* The launcher is gone; its death is ours. */
	if (size == 0) {
		g_clear_pointer(&server->source, fd_source_free);
		return;
	}
	size_t first = n_fds && serve(server, text, (size_t)size, fds, n_fds) ? 1 : 0;
	for (size_t i = first; i < n_fds; i++)
		close(fds[i]);
}

struct exec_server *exec_server_new(GMainContext *context, int socket, const struct command *base)
{
	struct exec_server *server = g_new(struct exec_server, 1);

	*server = (struct exec_server){
		.context = context,
		.base = base,
		.source = fd_source_new(context, socket, G_IO_IN, on_launcher, server),
		.sessions = g_ptr_array_new_with_free_func(session_free),
	};
	return server;
}

void exec_server_free(struct exec_server *server)
{
	if (!server)
		return;
	fd_source_free(server->source);
	g_ptr_array_unref(server->sessions);
	g_free(server);
}

/* Once for each time that the client asked: what runs inside could fill the connection else. */
static void tell_stopped(struct session *session)
{
	if (session->is_to_stop)
		session_send_stopped(session->connection);
	session->is_to_stop = false;
}

void exec_server_reaped(struct exec_server *server, pid_t pid, int wait_status)
{
	for (guint i = 0; i < server->sessions->len; i++) {
		struct session *session = g_ptr_array_index(server->sessions, i);
		if (session->pid != pid)
			continue;
		if (WIFSTOPPED(wait_status)) {
			tell_stopped(session);
			return;
		}
		session_send_exited(session->connection, status_to_exit(wait_status));
		g_ptr_array_remove_index_fast(server->sessions, i);
		return;
	}
}
