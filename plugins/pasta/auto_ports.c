/* SPDX-License-Identifier: GPL-2.0-or-later */
/* auto_ports - publishes what is listened at in the namespace, as it comes and goes */
#include "plugins/pasta/auto_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/pasta/listening.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/fdpass.h"
#include "src/state_socket.h"

#define N_PORTS	 65536
#define PERIOD_S 1
static const struct {
	const char *path;
	int protocol;
} tables[] = {
	{"/proc/self/net/tcp", IPPROTO_TCP},
	{"/proc/self/net/tcp6", IPPROTO_TCP},
	{"/proc/self/net/udp", IPPROTO_UDP},
	{"/proc/self/net/udp6", IPPROTO_UDP},
};

#define N_TABLES G_N_ELEMENTS(tables)

struct auto_ports {
	int fds[N_TABLES]; /* unset where the protocol is not ours to publish, or there is no IPv6
			    */
	char *name;	   /* of the network, as netns-ctl knows it */
	int control;	   /* unset while there is no forwarder */
	GSource *replies;
	guint timer;
	bool published[2][N_PORTS]; /* TCP, UDP; also what could not be had */
};

/* --- what is listened at --- */

static void read_table(int fd, int protocol, bool *listening)
{
	g_autofree char *line = NULL;
	size_t room = 0;
	autoclose int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "r");

	if (!file)
		return;
	copy = -1;
	rewind(file);
	while (getline(&line, &room, file) > 0)
		listening_read_line(line, protocol, listening);
	fclose(file);
}

/* --- publishing --- */

static void hang_up(struct auto_ports *ports)
{
	g_clear_pointer(&ports->replies, fd_source_free);
	close_fd(&ports->control);
}

/* Nobody asks for what cannot be published: on the host something else has that port. */
static void on_reply(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	char buffer[4096];
	ssize_t size = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	/* A forwarder that has died is replaced, with the ports that it had. */
	if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
		hang_up(opaque);
}

static bool call(struct auto_ports *ports, GError **error)
{
	if (ports->control >= 0)
		return true;
	ports->control = state_socket_connect(ports->name, STATE_SOCKET_CONTROL, error);
	if (ports->control < 0)
		return false;
	ports->replies = fd_source_new(NULL, ports->control, G_IO_IN, on_reply, ports);
	return true;
}

/* What cannot be told is tried again in a second. */
static bool tell(const struct auto_ports *ports, bool adds, int protocol, unsigned port)
{
	const char *name = protocol == IPPROTO_TCP ? "tcp" : "udp";
	g_autofree char *request =
		adds ? g_strdup_printf("{\"execute\":\"publish\",\"arguments\":"
				       "{\"rule\":\"%u:%u/%s\"}}\n",
				       port, port, name)
		     : g_strdup_printf("{\"execute\":\"unpublish\",\"arguments\":"
				       "{\"rule\":\"%u/%s\",\"ignore_missing\":true}}\n",
				       port, name);
	size_t size = strlen(request);

	return send(ports->control, request, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

static void follow(struct auto_ports *ports, int protocol)
{
	bool *published = ports->published[protocol == IPPROTO_UDP];
	g_autofree bool *listening = g_new0(bool, N_PORTS);

	for (size_t i = 0; i < N_TABLES; i++)
		if (tables[i].protocol == protocol && ports->fds[i] >= 0)
			read_table(ports->fds[i], protocol, listening);
	for (unsigned port = 1; port < N_PORTS; port++)
		if (listening[port] != published[port] &&
		    tell(ports, listening[port], protocol, port))
			published[port] = listening[port];
}

static gboolean on_time(gpointer data)
{
	if (call(data, NULL)) {
		follow(data, IPPROTO_TCP);
		follow(data, IPPROTO_UDP);
	}
	return G_SOURCE_CONTINUE;
}

/* --- life --- */

static G_NORETURN void open_tables(const struct netns *target, int socket)
{
	int fds[N_TABLES];
	size_t n = 0;
	char present[N_TABLES];

	if ((target->userns >= 0 && setns(target->userns, CLONE_NEWUSER) < 0) ||
	    setns(target->netns, CLONE_NEWNET) < 0)
		_exit(EXIT_FAILURE);
	for (size_t i = 0; i < N_TABLES; i++) {
		int fd = open(tables[i].path, O_RDONLY | O_CLOEXEC);
		present[i] = fd >= 0;
		if (fd >= 0)
			fds[n++] = fd;
	}
	_exit(fdpass_send(socket, present, sizeof(present), fds, n, NULL) ? EXIT_SUCCESS
									  : EXIT_FAILURE);
}

static bool receive_tables(struct auto_ports *ports, int socket, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t n = 0, next = 0;
	char present[N_TABLES];

	if (fdpass_receive(socket, present, sizeof(present), fds, &n) != sizeof(present)) {
		failure_set(error, EACCES, "take --tcp-ports none --udp-ports none",
			    "cannot look at the ports of the namespace");
		return false;
	}
	for (size_t i = 0; i < N_TABLES; i++)
		if (present[i] && next < n)
			ports->fds[i] = fds[next++];
	return true;
}

static bool look_inside(struct auto_ports *ports, const struct netns *target, GError **error)
{
	int pair[2];

	if (!fdpass_socketpair(pair, error))
		return false;
	pid_t pid = fork();
	if (pid == 0)
		open_tables(target, pair[1]);
	close(pair[1]);
	bool ok = pid > 0 ? receive_tables(ports, pair[0], error)
			  : (bool)failure_errno(error, "fork");
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return ok;
}

static bool is_auto(const struct port_spec *spec)
{
	return spec->mode == PORT_MODE_AUTO || spec->mode == PORT_MODE_UNSET;
}

static bool start(struct auto_ports *ports, const struct pasta_options *options,
		  const struct netns *target, struct session *session, GError **error)
{
	if (!look_inside(ports, target, error))
		return false;
	for (size_t i = 0; i < N_TABLES; i++)
		if (!is_auto(tables[i].protocol == IPPROTO_TCP ? &options->tcp : &options->udp))
			close_fd(&ports->fds[i]);
	/* To the next forwarder, should this one die. */
	session_let_connect(session);
	ports->name = g_strdup(session_handoff(session)->name);
	if (!call(ports, error))
		return false;
	on_time(ports);
	ports->timer = g_timeout_add_seconds(PERIOD_S, on_time, ports);
	return true;
}

struct auto_ports *auto_ports_new(const struct pasta_options *options, const struct netns *target,
				  struct session *session, GError **error)
{
	bool follows = is_auto(&options->tcp) || is_auto(&options->udp);
	struct auto_ports *ports = g_new0(struct auto_ports, 1);

	ports->control = -1;
	for (size_t i = 0; i < N_TABLES; i++)
		ports->fds[i] = -1;
	if (follows && !session_is_listed(session)) {
		if (!options->quiet)
			g_printerr("pasta: without a state directory no ports are followed\n");
	} else if (follows && !start(ports, options, target, session, error)) {
		g_clear_pointer(&ports, auto_ports_free);
	}
	return ports;
}

void auto_ports_free(struct auto_ports *ports)
{
	if (!ports)
		return;
	if (ports->timer)
		g_source_remove(ports->timer);
	hang_up(ports);
	for (size_t i = 0; i < N_TABLES; i++)
		close_fd(&ports->fds[i]);
	g_free(ports->name);
	g_free(ports);
}
