/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container - the processes in the new namespaces, from clone to the start of CMD */
#include "launcher/container.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/child.h"
#include "launcher/exec_process.h"
#include "launcher/gateway_process.h"
#include "launcher/idmap.h"
#include "link/process.h"
#include "launcher/setup.h"
#include "launcher/userns.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

static bool start_child(struct container *container, const struct container_options *options,
			int child_end, GError **error)
{
	container->child = process_clone(PROCESS_NAMESPACES);
	if (container->child == 0) {
		close(container->child_socket);
		child_run(options, child_end, options->network != NETWORK_HOST);
	}
	if (container->child < 0) {
		userns_explain("/proc", errno, error);
		return false;
	}
	return idmap_write(options->idmap, container->child, error);
}

static bool start_gateway(struct container *container, const struct container_options *options,
			  int child_end, GError **error)
{
	int pair[2];
	int child;

	if (!fdpass_socketpair(pair, error))
		return false;
	container->gateway_socket = pair[0];
	container->gateway = process_clone(CLONE_NEWUSER);
	if (container->gateway == 0) {
		close(pair[0]);
		close(container->child_socket);
		gateway_process_run(options, pair[1], child_end);
	}
	close(pair[1]);
	if (container->gateway < 0) {
		userns_explain("/proc", errno, error);
		return false;
	}
	if (!idmap_write(options->idmap, container->gateway, error) ||
	    !setup_send(pair[0], SETUP_MAPPED, 0, error) ||
	    !setup_expect(pair[0], SETUP_PID, &child, error))
		return false;
	container->child = child;
	return true;
}

static void reap_process(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
}

static bool receive_gateway(struct container *container, GError **error)
{
	static const enum handoff_fd places[] = {HANDOFF_FD_TAP,  HANDOFF_FD_AGENT,
						 HANDOFF_FD_TCP4, HANDOFF_FD_TCP6,
						 HANDOFF_FD_UDP4, HANDOFF_FD_UDP6};
	int fds[G_N_ELEMENTS(places)];

	if (!setup_expect_fds(container->gateway_socket, SETUP_LINKED, fds, G_N_ELEMENTS(fds),
			      error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		container->fds[places[i]] = fds[i];
	return true;
}

/* The child is told as soon as it has something to do. */
static bool await_gateway(struct container *container, GError **error)
{
	if (!setup_expect(container->gateway_socket, SETUP_CONNECTED, NULL, error) ||
	    !setup_send(container->child_socket, SETUP_LINK, LINK_GATEWAY, error))
		return false;
	container->kind = LINK_GATEWAY;
	return receive_gateway(container, error);
}

static bool await_prepared(struct container *container, GError **error)
{
	return container->is_prepared ||
	       (container->is_prepared = setup_expect_fds(container->child_socket, SETUP_PREPARED,
							  &container->etc_cover, 1, error));
}

/* In auto mode a failure of the gateway is only the reason to take the tap link. */
static bool fall_back(struct container *container, const GError *failure, GError **error)
{
	bool was_told = container->kind == LINK_GATEWAY;
	int socket = container->child_socket;

	container->kind = LINK_TAP;
	container->fallback_reason = failure_cause(failure);
	reap_process(&container->gateway);
	close_fd(&container->gateway_socket);
	if (!was_told)
		return true;
	if (!await_prepared(container, error))
		return false;
	/* Whatever it made of the device that is gone. */
	setup_expect(socket, SETUP_LINKED, NULL, NULL);
	return true;
}

static bool bring_up_tap(struct container *container, GError **error)
{
	int socket = container->child_socket;

	return setup_send(socket, SETUP_LINK, LINK_TAP, error) &&
	       await_prepared(container, error) &&
	       setup_expect_fds(socket, SETUP_LINKED, &container->fds[HANDOFF_FD_TAP], 1, error);
}

static bool bring_up_link(struct container *container, const struct link_config *link,
			  GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (container->gateway) {
		if (await_gateway(container, &failure))
			return true;
		if (link->kind == LINK_GATEWAY) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		if (!fall_back(container, failure, error))
			return false;
	}
	return bring_up_tap(container, error);
}

/* Only what is asked for: a cgroup takes a conversation with systemd. */
static bool plan_cgroup(struct container *container, const struct container_options *options,
			GError **error)
{
	const struct limits_options *limits = options->limits;
	const struct cgroup_place place = {limits->cgroup_parent, options->name};

	if (!limits->cgroup_parent && !limits_any(&limits->limits))
		return true;
	container->cgroup = cgroup_create(&limits->limits, &place, error);
	return container->cgroup;
}

static bool limit_child(struct container *container, const struct limits_options *limits,
			GError **error)
{
	if (!rlimits_write_oom_score(&limits->rlimits, container->child, error))
		return false;
	return !container->cgroup || cgroup_start(container->cgroup, container->child, error);
}

static bool prepare_child(struct container *container, const struct container_options *options,
			  GError **error)
{
	const struct overlay *overlay = options->rootfs.overlay;
	int socket = container->child_socket, fuse = overlay ? overlay->fuse.socket : -1;

	if (!limit_child(container, options->limits, error) ||
	    !setup_send_fds(socket, SETUP_MAPPED, &fuse, 1, error))
		return false;
	return options->network != NETWORK_USER || bring_up_link(container, options->link, error);
}

/*
 * When the child has failed, that is why others could not go on; but not if it was prepared, and
 * had to do with what a failed gateway left.
 */
static void prefer_child_failure(const struct container *container, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (!setup_take_failure(container->child_socket, &failure))
		return;
	g_clear_error(error);
	g_propagate_error(error, g_steal_pointer(&failure));
}

static void explain_failure(const struct container *container, GError **error)
{
	prefer_child_failure(container, error);
	if (!g_str_has_prefix((*error)->message, CHILD_NO_NETWORK))
		return;
	int errnum = (*error)->code;
	g_clear_error(error);
	userns_explain("/proc", errnum, error);
}

void container_init(struct container *container)
{
	*container = (struct container){.child_socket = -1,
					.gateway_socket = -1,
					.exec_socket = -1,
					.etc_cover = -1,
					.terminal = -1,
					.kind = LINK_TAP};
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		container->fds[i] = -1;
}

bool container_start(struct container *container, const struct container_options *options,
		     GError **error)
{
	int pair[2];

	if (!plan_cgroup(container, options, error) || !fdpass_socketpair(pair, error))
		return false;
	container->child_socket = pair[0];
	container->privilege = options->command.privilege;
	container->idmap = options->idmap;
	bool has_gateway = options->network == NETWORK_USER && options->link->kind != LINK_TAP;
	bool started = has_gateway ? start_gateway(container, options, pair[1], error)
				   : start_child(container, options, pair[1], error);
	close(pair[1]);
	if (started && prepare_child(container, options, error))
		return true;
	explain_failure(container, error);
	return false;
}

bool container_settle(struct container *container, GError **error)
{
	return await_prepared(container, error) &&
	       (container->kind != LINK_GATEWAY ||
		setup_expect(container->child_socket, SETUP_LINKED, NULL, error));
}

/* The PID of CMD as the launcher sees it; PID 1 itself where the kernel does not tell. */
static pid_t only_child(pid_t parent)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", parent, parent);
	g_autofree char *text = NULL;
	gint64 pid = 0;

	if (g_file_get_contents(path, &text, NULL, NULL))
		pid = g_ascii_strtoll(text, NULL, 10);
	return pid > 0 ? (pid_t)pid : parent;
}

/* CMD takes the place of C: the exec of it closes the socket. */
static bool go_as_init(struct container *container, const struct command *command, int *ret_status,
		       GError **error)
{
	int socket = container->child_socket;

	if (!exec_process_start(container->child, command, &container->exec_server,
				&container->exec_socket, error) ||
	    (container->cgroup && !cgroup_add(container->cgroup, container->exec_server, error)) ||
	    !setup_send(socket, SETUP_GO, 0, error) ||
	    !setup_expect_fds(socket, SETUP_TERMINAL, &container->terminal, 1, error) ||
	    !setup_expect_executed(socket, ret_status, error))
		return false;
	container->command = container->child;
	return true;
}

bool container_go(struct container *container, const struct command *command, int *ret_status,
		  GError **error)
{
	int socket = container->child_socket;

	if (command->is_init)
		return go_as_init(container, command, ret_status, error);
	if (!setup_send(socket, SETUP_GO, 0, error) ||
	    !setup_expect_started(socket, &container->terminal, ret_status, error))
		return false;
	container->command = only_child(container->child);
	container->exec_socket = g_steal_fd(&container->child_socket);
	return true;
}

void container_wake(const struct container *container, int number)
{
	static const int ending[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGKILL};

	/* Without asking: while one process leaves to die, the kernel calls the rest not frozen. */
	for (size_t i = 0; container->cgroup && i < G_N_ELEMENTS(ending); i++) {
		if (number == ending[i])
			cgroup_set_frozen(container->cgroup, false, NULL);
	}
}

void container_done(struct container *container)
{
	reap_process(&container->exec_server);
	reap_process(&container->child);
	reap_process(&container->gateway);
	g_clear_pointer(&container->cgroup, cgroup_free);
	close_fd(&container->child_socket);
	close_fd(&container->gateway_socket);
	close_fd(&container->exec_socket);
	close_fd(&container->etc_cover);
	close_fd(&container->terminal);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		close_fd(&container->fds[i]);
	g_clear_pointer(&container->fallback_reason, g_free);
}
