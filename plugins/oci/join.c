/* SPDX-License-Identifier: GPL-2.0-or-later */
/* join - gets at namespaces that the runtime hides, from within them (hook createContainer) */
#include "plugins/oci/join.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plugins/registry.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/handoff_message.h"
#include "src/state_socket.h"

#define CURE "add netns-oci-hook to createRuntime, createContainer and poststop in config.json"

static char *name_of(const struct oci_state *state)
{
	const struct registry_key key = {.owner = "oci", .id = state->id};

	return registry_name(&key);
}

/* --- the bundle --- */

static bool is_this_program(const char *path)
{
	struct stat own, other;

	return path && stat("/proc/self/exe", &own) == 0 && stat(path, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

bool join_is_expected(const struct oci_state *state)
{
	g_autofree char *path =
		g_build_filename(state->bundle ? state->bundle : "", "config.json", NULL);
	g_autofree char *text = NULL;

	if (!state->bundle || !g_file_get_contents(path, &text, NULL, NULL))
		return false;
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	JsonObject *config = root ? json_node_get_object(root) : NULL;
	JsonObject *hooks = config ? json_object_get_object_member(config, "hooks") : NULL;
	JsonArray *stage = hooks ? json_object_get_array_member(hooks, "createContainer") : NULL;
	for (unsigned i = 0; stage && i < json_array_get_length(stage); i++) {
		JsonObject *hook = json_array_get_object_element(stage, i);
		if (hook && is_this_program(json_object_get_string_member(hook, "path")))
			return true;
	}
	return false;
}

/* --- the helper --- */

/* True when somebody is at the door, false when the process has ended. */
static bool await_door(int door, int pidfd)
{
	struct pollfd entries[] = {{.fd = door, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};

	while (poll(entries, G_N_ELEMENTS(entries), -1) < 0 && errno == EINTR)
		;
	return !entries[1].revents;
}

/* The two descriptors of a joiner; false for anybody else. */
static bool receive_target(int socket, struct netns *ret_target)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(JsonNode) root = handoff_message_receive(socket, fds, &n_fds, NULL);

	if (root && n_fds == 2) {
		*ret_target = (struct netns){.netns = fds[0], .userns = fds[1]};
		return true;
	}
	for (size_t i = 0; root && i < n_fds; i++)
		close(fds[i]);
	return false;
}

/* In a user namespace of the user's. The directory is closed to all others, and to who has pivoted.
 */
static bool is_same_user(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.uid == geteuid();
}

/* Whoever is not the hook, or dies, is not waited for again and again: each comes once. */
static bool accept_joiner(int door, int pidfd, struct netns *ret_target, int *ret_socket)
{
	while (await_door(door, pidfd)) {
		autoclose int socket = accept4(door, NULL, NULL, SOCK_CLOEXEC);
		if (socket < 0 || !is_same_user(socket) || !receive_target(socket, ret_target))
			continue;
		*ret_socket = g_steal_fd(&socket);
		return true;
	}
	return false;
}

bool join_await(const struct oci_state *state, struct state_dir *directory, struct background *hook,
		struct netns *ret_target, GError **error)
{
	autoclose int pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	autoclose int door = -1;
	int socket = -1;

	if (pidfd < 0)
		return failure_errno(error, "watch process %d", (int)state->pid);
	door = state_socket_listen(directory, STATE_SOCKET_LAUNCHER, error);
	if (door < 0 || !background_ready(hook, NULL, -1, error))
		return false;
	bool ok = accept_joiner(door, pidfd, ret_target, &socket);
	unlinkat(state_dir_fd(directory), STATE_LAUNCHER_SOCKET, 0);
	if (!ok) {
		failure_set(error, ESRCH, NULL, "the container has ended before it was started");
		return false;
	}
	*hook = (struct background){.socket = socket};
	return true;
}

/* --- the hook --- */

static int open_own(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		failure_errno(error, "open %s", path);
	return fd;
}

static bool send_own(int socket, GError **error)
{
	autoclose int netns = open_own("/proc/self/ns/net", error);
	autoclose int userns = netns < 0 ? -1 : open_own("/proc/self/ns/user", error);
	const int fds[] = {netns, userns};
	g_autoptr(JsonNode) message = json_node_new(JSON_NODE_OBJECT);

	return userns >= 0 && handoff_message_send(socket, message, fds, G_N_ELEMENTS(fds), error);
}

static bool make_blocking(int fd, GError **error)
{
	return fcntl(fd, F_SETFL, 0) == 0 || failure_errno(error, "make a socket wait");
}

bool join_network(const struct oci_state *state, GError **error)
{
	g_autofree char *name = name_of(state);
	g_autofree char *made = state_dir_read(name, NULL);
	g_autoptr(GError) failure = NULL;

	if (made)
		return true;
	struct background background = {
		.socket = state_socket_connect(name, STATE_SOCKET_LAUNCHER, &failure)};
	/* runc has no secrets from createRuntime, and gives this hook no environment to look by. */
	if (background.socket < 0 && failure->code == ENOENT && state->pid > 0)
		return true;
	if (background.socket < 0) {
		failure_set(error, failure->code, CURE, "no helper waits for container '%s'",
			    state->id);
		return false;
	}
	if (!make_blocking(background.socket, error) || !send_own(background.socket, error)) {
		close_fd(&background.socket);
		return false;
	}
	g_autoptr(JsonObject) report = background_await(&background, error);
	return report;
}
