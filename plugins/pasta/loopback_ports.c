/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loopback_ports - TCP ports of the namespace's loopback that lead to the host's */
#include "plugins/pasta/loopback_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/lock_down.h"
#include "link/process.h"
#include "plugins/pasta/listening.h"
#include "plugins/pasta/loopback_copy.h"
#include "src/address.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/landlock.h"
#include "src/port_rule.h"

/* Connections at a time; more have to wait in the kernel. */
#define CONNECTIONS_MAX 256
/* With PORT_MODE_AUTO. */
#define PERIOD_MS 1000
#define N_PORTS	  65536

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

/* What PORT_MODE_AUTO follows. */
struct follower {
	struct netns target;
	const struct port_spec *published; /* on the host: they lead inside already */
	gint64 looked;			   /* when, by g_get_monotonic_time() */
	uint8_t known[N_PORTS]; /* enum listening_families; also what could not be had inside */
};

/* --- connections --- */

static void take(struct door *door, const struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		loopback_copy_start(fd, listener->family, listener->host_port, &door->connections);
}

/* --- listening --- */

/* A kernel or namespace without the family is served by the other. */
static int listen_inside(sa_family_t family, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t size = loopback_address(family, port, &address);
	const int on = 1;
	autoclose int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

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

/* What is to be listened at: all of a spec, or what can be had of the others. */
struct opening {
	const struct port_spec *spec;
	const struct door *wanted;
};

static bool listen_wanted(struct door *door, const struct opening *opening, GError **error)
{
	if (opening->spec)
		return listen_all(door, opening->spec, error);
	for (nfds_t i = 0; i < opening->wanted->n; i++) {
		struct listener listener = opening->wanted->listeners[i];
		listener.fd = listen_inside(listener.family, listener.host_port);
		if (listener.fd >= 0)
			door->listeners[door->n++] = listener;
	}
	return true;
}

/* Sends the listening sockets, or why there are none. */
static G_NORETURN void open_inside(const struct opening *opening, const struct netns *target,
				   int socket)
{
	struct door door = {.n = 0};
	g_autoptr(GError) error = NULL;
	int fds[2 * LOOPBACK_PORTS_MAX];

	if (!enter(target, &error) || !listen_wanted(&door, opening, &error))
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

static bool open_door(const struct opening *opening, const struct netns *target,
		      struct door *ret_door, GError **error)
{
	int pair[2];

	if (!fdpass_socketpair(pair, error))
		return false;
	pid_t pid = fork();
	if (pid == 0)
		open_inside(opening, target, pair[1]);
	close(pair[1]);
	bool ok = pid > 0 ? receive_door(pair[0], ret_door, error)
			  : (bool)failure_errno(error, "fork");
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return ok;
}

/* --- PORT_MODE_AUTO --- */

static void read_host(uint8_t *families)
{
	static const char *const paths[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *text = NULL;
		if (!g_file_get_contents(paths[i], &text, NULL, NULL))
			continue;
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++)
			listening_read_loopback_line(*line, families);
	}
}

static uint8_t bit_of(sa_family_t family)
{
	return family == AF_INET ? LISTENING_V4 : LISTENING_V6;
}

static void close_gone(struct door *door, const uint8_t *now)
{
	for (nfds_t i = door->n; i-- > 0;) {
		struct listener *listener = &door->listeners[i];
		if (now[listener->host_port] & bit_of(listener->family))
			continue;
		close(listener->fd);
		*listener = door->listeners[--door->n];
	}
}

/* Those of now that are not known; what there is no room for stays unknown. */
static void collect_new(const struct door *door, const struct follower *follower, uint8_t *now,
			struct door *ret_wanted)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6};

	for (unsigned port = 1; port < N_PORTS; port++) {
		for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
			if (!(now[port] & ~follower->known[port] & bit_of(families[i])))
				continue;
			if (door->n + ret_wanted->n < G_N_ELEMENTS(door->listeners))
				ret_wanted->listeners[ret_wanted->n++] =
					(struct listener){-1, families[i], (uint16_t)port};
			else
				now[port] &= (uint8_t)~bit_of(families[i]);
		}
	}
}

static void leave_out(uint8_t *now, const struct port_spec *published)
{
	for (guint i = 0; i < published->rules->len; i++) {
		const struct port_rule *rule =
			&g_array_index(published->rules, struct port_rule, i);
		memset(&now[rule->host_first], 0, port_rule_size(rule));
	}
}

static void follow(struct door *door, struct follower *follower)
{
	g_autofree uint8_t *now = NULL;
	struct door wanted = {.n = 0}, opened = {.n = 0};
	gint64 time = g_get_monotonic_time();

	if (follower->looked && time - follower->looked < PERIOD_MS * G_TIME_SPAN_MILLISECOND)
		return;
	follower->looked = time;
	now = g_new0(uint8_t, N_PORTS);
	read_host(now);
	leave_out(now, follower->published);
	close_gone(door, now);
	collect_new(door, follower, now, &wanted);
	if (wanted.n &&
	    open_door(&(struct opening){.wanted = &wanted}, &follower->target, &opened, NULL))
		for (nfds_t i = 0; i < opened.n; i++)
			door->listeners[door->n++] = opened.listeners[i];
	memcpy(follower->known, now, N_PORTS);
}

/* --- the process --- */

static int timeout_of(bool is_full, const struct follower *follower)
{
	/* One that ends wakes nobody: look again soon. */
	if (is_full)
		return 50;
	return follower ? PERIOD_MS : -1;
}

static G_NORETURN void serve(struct door *door, struct follower *follower)
{
	struct pollfd entries[2 * LOOPBACK_PORTS_MAX];

	for (;;) {
		bool is_full = g_atomic_int_get(&door->connections) >= CONNECTIONS_MAX;
		if (follower)
			follow(door, follower);
		for (nfds_t i = 0; i < door->n; i++)
			entries[i] = (struct pollfd){.fd = door->listeners[i].fd, .events = POLLIN};
		if (poll(entries, is_full ? 0 : door->n, timeout_of(is_full, follower)) <= 0)
			continue;
		for (nfds_t i = 0; i < door->n; i++)
			if (entries[i].revents & POLLIN)
				take(door, &door->listeners[i]);
	}
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
static void leave_caller(const struct door *door, const struct follower *follower)
{
	int fds[2 * LOOPBACK_PORTS_MAX + 2];
	size_t n = 0;

	for (nfds_t i = 0; i < door->n; i++)
		fds[n++] = door->listeners[i].fd;
	if (follower) {
		fds[n++] = follower->target.netns;
		fds[n++] = follower->target.userns;
	}
	process_close_all_but_these(fds, n);
	process_forget_standard_streams();
}

/*
 * It reads which ports the host listens at. What the system does not have, the forwarder has told,
 * or has refused to go without.
 */
static bool lock_in(enum sandbox_mode mode)
{
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct landlock_right right = {proc, LANDLOCK_READ};

	if (mode == SANDBOX_OFF)
		return true;
	bool has_calls = lock_down_deputy(NULL);
	bool has_files = landlock_restrict(&right, 1, false, NULL);
	return (has_calls && has_files) || mode == SANDBOX_ON;
}

static G_NORETURN void run(struct door *door, struct follower *follower, pid_t caller,
			   enum sandbox_mode sandbox)
{
	prctl(PR_SET_NAME, "netns-pasta-lo");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != caller)
		_exit(EXIT_FAILURE);
	leave_caller(door, follower);
	if (!lock_in(sandbox))
		_exit(EXIT_FAILURE);
	serve(door, follower);
}

static struct follower *follower_new(const struct netns *target, const struct port_spec *published)
{
	struct follower *follower = g_new0(struct follower, 1);

	follower->target = *target;
	follower->published = published;
	return follower;
}

bool loopback_ports_start(const struct port_spec *spec, const struct port_spec *published,
			  enum sandbox_mode sandbox, const struct netns *target, GError **error)
{
	bool is_auto = spec->mode == PORT_MODE_AUTO;
	struct door door = {.n = 0};

	if (spec->mode != PORT_MODE_SPECIFIC && !is_auto)
		return true;
	if (!is_auto && (!check(spec, error) ||
			 !open_door(&(struct opening){.spec = spec}, target, &door, error)))
		return false;
	pid_t caller = getpid(), pid = fork();
	if (pid == 0)
		run(&door, is_auto ? follower_new(target, published) : NULL, caller, sandbox);
	for (nfds_t i = 0; i < door.n; i++)
		close_fd(&door.listeners[i].fd);
	return pid > 0 || failure_errno(error, "fork");
}
