/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loopback_ports - TCP ports of the namespace's loopback that lead to the host's */
#include "plugins/pasta/loopback_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/process.h"
#include "src/address.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/port_rule.h"

/* Connections at a time; more have to wait in the kernel. */
#define CONNECTIONS_MAX 256
#define CHUNK		(1024 * 1024)

struct listener {
	int fd;
	sa_family_t family;
	uint16_t host_port;
};

struct door {
	struct listener listeners[2 * LOOPBACK_PORTS_MAX];
	nfds_t n;
	int connections; /* atomic */
};

/* One that has been accepted. */
struct connection {
	struct door *door;
	int inside, outside;
	sa_family_t family;
	uint16_t host_port;
};

/* --- copying --- */

static bool copy_some(int from, int to, const int pipe_fds[2])
{
	ssize_t got = splice(from, NULL, pipe_fds[1], NULL, CHUNK, SPLICE_F_MOVE);

	while (got > 0) {
		ssize_t put = splice(pipe_fds[0], NULL, to, NULL, (size_t)got, SPLICE_F_MOVE);
		if (put <= 0)
			return false;
		got -= put;
		if (got == 0)
			return true;
	}
	return false;
}

/* Until the sender's end, which becomes the receiver's. */
static void copy(int from, int to)
{
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) == 0) {
		while (copy_some(from, to, pipe_fds))
			;
		close(pipe_fds[0]);
		close(pipe_fds[1]);
	}
	shutdown(to, SHUT_WR);
	shutdown(from, SHUT_RD);
}

static gpointer copy_inwards(gpointer data)
{
	const struct connection *connection = data;

	copy(connection->outside, connection->inside);
	return NULL;
}

static int connect_loopback(sa_family_t family, uint16_t port)
{
	struct ip_address loopback = {.family = family};
	struct sockaddr_storage address;
	autoclose int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET)
		loopback.v4.s_addr = htonl(INADDR_LOOPBACK);
	else
		loopback.v6 = in6addr_loopback;
	socklen_t size = ip_address_to_sockaddr(&loopback, port, &address);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	return g_steal_fd(&fd);
}

/* The client is told by a RST that nobody listens on the host. */
static void refuse(int fd)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static gpointer serve_connection(gpointer data)
{
	struct connection *connection = data;
	const int on = 1;

	connection->outside = connect_loopback(connection->family, connection->host_port);
	if (connection->outside >= 0) {
		setsockopt(connection->inside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(connection->outside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		GThread *thread = g_thread_new("inwards", copy_inwards, connection);
		copy(connection->inside, connection->outside);
		g_thread_join(thread);
	} else {
		refuse(connection->inside);
	}
	close_fd(&connection->inside);
	close_fd(&connection->outside);
	g_atomic_int_add(&connection->door->connections, -1);
	g_free(connection);
	return NULL;
}

static void take(struct door *door, const struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	struct connection *connection = g_new0(struct connection, 1);
	*connection = (struct connection){door, fd, -1, listener->family, listener->host_port};
	g_atomic_int_inc(&door->connections);
	g_thread_unref(g_thread_new("connection", serve_connection, connection));
}

static G_NORETURN void serve(struct door *door)
{
	struct pollfd entries[2 * LOOPBACK_PORTS_MAX];

	for (;;) {
		bool is_full = g_atomic_int_get(&door->connections) >= CONNECTIONS_MAX;
		for (nfds_t i = 0; i < door->n; i++)
			entries[i] = (struct pollfd){.fd = door->listeners[i].fd, .events = POLLIN};
		/* One that ends wakes nobody: look again soon. */
		if (poll(entries, is_full ? 0 : door->n, is_full ? 50 : -1) <= 0)
			continue;
		for (nfds_t i = 0; i < door->n; i++)
			if (entries[i].revents & POLLIN)
				take(door, &door->listeners[i]);
	}
}

/* --- listening --- */

/* A kernel or namespace without the family is served by the other. */
static int listen_inside(sa_family_t family, uint16_t port)
{
	struct ip_address loopback = {.family = family};
	struct sockaddr_storage address;
	const int on = 1;
	autoclose int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (family == AF_INET)
		loopback.v4.s_addr = htonl(INADDR_LOOPBACK);
	else
		loopback.v6 = in6addr_loopback;
	socklen_t size = ip_address_to_sockaddr(&loopback, port, &address);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, SOMAXCONN) < 0)
		return -1;
	return g_steal_fd(&fd);
}

static bool add_port(struct door *door, uint16_t inside, uint16_t host, GError **error)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		int fd = listen_inside(families[i], inside);
		if (fd < 0 && families[i] == AF_INET)
			return failure_errno(error, "listen at port %u of the namespace's loopback",
					     inside);
		if (fd >= 0)
			door->listeners[door->n++] = (struct listener){fd, families[i], host};
	}
	return true;
}

static bool listen_all(struct door *door, const struct port_spec *spec, GError **error)
{
	for (guint i = 0; i < spec->rules->len; i++) {
		const struct port_rule *rule = &g_array_index(spec->rules, struct port_rule, i);
		for (unsigned offset = 0; offset < port_rule_size(rule); offset++)
			if (!add_port(door, (uint16_t)(rule->host_first + offset),
				      (uint16_t)(rule->guest_first + offset), error))
				return false;
	}
	return true;
}

static bool enter(const struct netns *target, GError **error)
{
	if (target->userns >= 0 && setns(target->userns, CLONE_NEWUSER) < 0)
		return failure_errno(error, "enter the user namespace");
	return setns(target->netns, CLONE_NEWNET) == 0 ||
	       failure_errno(error, "enter the network namespace");
}

/* Sends the listening sockets, or why there are none. */
static G_NORETURN void open_inside(const struct port_spec *spec, const struct netns *target,
				   int socket)
{
	struct door door = {.n = 0};
	g_autoptr(GError) error = NULL;
	int fds[2 * LOOPBACK_PORTS_MAX];

	if (!enter(target, &error) || !listen_all(&door, spec, &error))
		_exit(fdpass_send(socket, error->message, strlen(error->message) + 1, NULL, 0, NULL)
			      ? EXIT_SUCCESS
			      : EXIT_FAILURE);
	for (nfds_t i = 0; i < door.n; i++) {
		fds[i] = door.listeners[i].fd;
		door.listeners[i].fd = -1;
	}
	_exit(fdpass_send(socket, &door, sizeof(door), fds, door.n, NULL) ? EXIT_SUCCESS
									  : EXIT_FAILURE);
}

static bool receive_door(int socket, struct door *ret_door, GError **error)
{
	char buffer[sizeof(struct door) + 1] = "";
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	ssize_t size = fdpass_receive(socket, buffer, sizeof(struct door), fds, &n_fds);

	if (size != sizeof(struct door)) {
		failure_set(error, EADDRNOTAVAIL, NULL, "%s",
			    size > 0 ? buffer : "nobody listens at the namespace's loopback");
		return false;
	}
	memcpy(ret_door, buffer, sizeof(*ret_door));
	for (nfds_t i = 0; i < ret_door->n && i < n_fds; i++)
		ret_door->listeners[i].fd = fds[i];
	return true;
}

static bool open_door(const struct port_spec *spec, const struct netns *target,
		      struct door *ret_door, GError **error)
{
	int pair[2];

	if (!fdpass_socketpair(pair, error))
		return false;
	pid_t pid = fork();
	if (pid == 0)
		open_inside(spec, target, pair[1]);
	close(pair[1]);
	bool ok = pid > 0 ? receive_door(pair[0], ret_door, error)
			  : (bool)failure_errno(error, "fork");
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return ok;
}

static bool check(const struct port_spec *spec, GError **error)
{
	unsigned n = 0;

	for (guint i = 0; i < spec->rules->len; i++) {
		const struct port_rule *rule = &g_array_index(spec->rules, struct port_rule, i);
		n += port_rule_size(rule);
		if (rule->host.family == AF_UNSPEC && !rule->interface[0])
			continue;
		failure_set(error, EINVAL, "name ports alone",
			    "ports of the namespace's loopback have no other address");
		return false;
	}
	if (n <= LOOPBACK_PORTS_MAX)
		return true;
	failure_set(error, E2BIG, "take --map-host-loopback ADDRESS, and connect to that inside",
		    "%u ports of the namespace's loopback are more than %d", n, LOOPBACK_PORTS_MAX);
	return false;
}

/* Whoever waits for the end of our caller's streams and sockets must not wait for us. */
static void leave_caller(const struct door *door)
{
	int fds[2 * LOOPBACK_PORTS_MAX];

	for (nfds_t i = 0; i < door->n; i++)
		fds[i] = door->listeners[i].fd;
	process_close_all_but_these(fds, door->n);
	process_forget_standard_streams();
}

bool loopback_ports_start(const struct port_spec *spec, const struct netns *target, GError **error)
{
	struct door door;

	if (spec->mode != PORT_MODE_SPECIFIC)
		return true;
	if (!check(spec, error) || !open_door(spec, target, &door, error))
		return false;
	pid_t caller = getpid(), pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, "netns-pasta-lo");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != caller)
			_exit(EXIT_FAILURE);
		leave_caller(&door);
		serve(&door);
	}
	for (nfds_t i = 0; i < door.n; i++)
		close_fd(&door.listeners[i].fd);
	return pid > 0 || failure_errno(error, "fork");
}
