/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container - the processes in the new namespaces, from clone to the start of CMD */
#include "launcher/container.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/agent.h"
#include "launcher/gateway.h"
#include "launcher/idmap.h"
#include "launcher/init.h"
#include "launcher/netconfig.h"
#include "launcher/setup.h"
#include "launcher/tap_device.h"
#include "launcher/userns.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

#define CHILD_NAMESPACES                                                                           \
	(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | \
	 CLONE_NEWCGROUP)

/* fork(2) with namespace flags; glibc has no wrapper for clone3(2) without a new stack. */
static pid_t clone_process(uint64_t flags)
{
	struct clone_args arguments = {
		.flags = flags,
		/* With CLONE_PARENT the new process takes the caller's own exit signal. */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

/*
 * Neither C nor M executes another program, so close-on-exec does nothing for them: what the
 * launcher and its caller have open would be in reach of root inside through /proc/1/fd
 * (CVE-2024-21626).
 */
static void close_all_but(int first, int second)
{
	int low = MIN(first, second), high = MAX(first, second);

	if (low > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, ~0U, 0);
}

/* --- child C --- */

static bool configure_link(const struct link_config *plan, enum link_kind kind, int *ret_tap,
			   GError **error)
{
	struct link_config link = *plan;

	link_config_settle(&link, kind);
	if (kind == LINK_TAP) {
		*ret_tap = tap_device_open(link.ifname, error);
		if (*ret_tap < 0)
			return false;
	}
	return netconfig_configure_command(&link, error);
}

static bool prepare_child(const struct container_options *options, int socket, GError **error)
{
	autoclose int tap = -1;
	int kind;

	if (!setup_expect(socket, SETUP_MAPPED, NULL, error))
		return false;
	if (options->hostname && sethostname(options->hostname, strlen(options->hostname)) < 0)
		return failure_errno(error, "set the host name");
	if (!rootfs_enter(&options->rootfs, error) ||
	    !setup_expect(socket, SETUP_LINK, &kind, error) ||
	    !configure_link(options->link, (enum link_kind)kind, &tap, error))
		return false;
	return setup_send_fds(socket, SETUP_LINKED, &tap, 1, error) &&
	       setup_expect(socket, SETUP_GO, NULL, error);
}

static G_NORETURN void run_child(const struct container_options *options, int socket)
{
	g_autoptr(GError) error = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_all_but(socket, socket);
	/* The caller's session keyring is not the command's. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (!prepare_child(options, socket, &error)) {
		setup_send_failed(socket, error, 125);
		_exit(125);
	}
	_exit(init_run(&options->command, socket));
}

/* --- gateway process M --- */

static bool build_gateway(const struct link_config *plan, pid_t child, int socket, int *ret_agent,
			  GError **error)
{
	struct link_config link = *plan;
	struct gateway_fds gateway;
	int agent[2];

	link_config_settle(&link, LINK_GATEWAY);
	if (!gateway_build(&link, child, true, &gateway, error) || !fdpass_socketpair(agent, error))
		return false;
	const int fds[] = {gateway.tap,	 agent[1],     gateway.tcp4,
			   gateway.tcp6, gateway.udp4, gateway.udp6};
	bool sent = setup_send_fds(socket, SETUP_LINKED, fds, G_N_ELEMENTS(fds), error);
	gateway_fds_close(&gateway);
	close(agent[1]);
	*ret_agent = agent[0];
	return sent;
}

/* Libraries complain there about what is only a reason to take the other link. */
static void forget_standard_streams(void)
{
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

static G_NORETURN void run_gateway(const struct container_options *options, int socket,
				   int child_socket)
{
	g_autoptr(GError) error = NULL;
	int agent;

	prctl(PR_SET_NAME, "netns-gateway");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_all_but(socket, child_socket);
	if (!setup_expect(socket, SETUP_MAPPED, NULL, &error))
		_exit(125);
	pid_t child = clone_process(CHILD_NAMESPACES | CLONE_PARENT);
	if (child == 0) {
		close(socket);
		run_child(options, child_socket);
	}
	close(child_socket);
	/* Ctrl-C is for the command; C stays in the session of the terminal. */
	setsid();
	forget_standard_streams();
	if (child < 0)
		userns_explain("/proc", errno, &error);
	else if (idmap_write_single(child, 0, 0, &error) &&
		 setup_send(socket, SETUP_PID, child, &error) &&
		 build_gateway(options->link, child, socket, &agent, &error))
		agent_serve(agent);
	if (error)
		setup_send_failed(socket, error, 125);
	_exit(error ? 125 : 0);
}

/* --- launcher --- */

static bool start_child(struct container *container, const struct container_options *options,
			int child_end, GError **error)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	container->child = clone_process(CHILD_NAMESPACES);
	if (container->child == 0) {
		close(container->child_socket);
		run_child(options, child_end);
	}
	if (container->child < 0) {
		userns_explain("/proc", errno, error);
		return false;
	}
	return idmap_write_single(container->child, uid, gid, error);
}

static bool start_gateway(struct container *container, const struct container_options *options,
			  int child_end, GError **error)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int pair[2];
	int child;

	if (!fdpass_socketpair(pair, error))
		return false;
	container->gateway_socket = pair[0];
	container->gateway = clone_process(CLONE_NEWUSER | CLONE_NEWNET);
	if (container->gateway == 0) {
		close(pair[0]);
		close(container->child_socket);
		run_gateway(options, pair[1], child_end);
	}
	close(pair[1]);
	if (container->gateway < 0) {
		userns_explain("/proc", errno, error);
		return false;
	}
	if (!idmap_write_single(container->gateway, uid, gid, error) ||
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

/* Waits for the gateway; in auto mode its failure is only the reason to take the tap link. */
static bool await_gateway(struct container *container, const struct link_config *link,
			  GError **error)
{
	static const enum handoff_fd places[] = {HANDOFF_FD_TAP,  HANDOFF_FD_AGENT,
						 HANDOFF_FD_TCP4, HANDOFF_FD_TCP6,
						 HANDOFF_FD_UDP4, HANDOFF_FD_UDP6};
	g_autoptr(GError) failure = NULL;
	int fds[G_N_ELEMENTS(places)];

	if (setup_expect_fds(container->gateway_socket, SETUP_LINKED, fds, G_N_ELEMENTS(fds),
			     &failure)) {
		for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
			container->fds[places[i]] = fds[i];
		container->kind = LINK_GATEWAY;
		return true;
	}
	if (link->kind == LINK_GATEWAY) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	container->kind = LINK_TAP;
	container->fallback_reason = failure_cause(failure);
	reap_process(&container->gateway);
	close_fd(&container->gateway_socket);
	return true;
}

static bool bring_up_link(struct container *container, const struct link_config *link,
			  GError **error)
{
	int socket = container->child_socket;

	if (!setup_send(socket, SETUP_MAPPED, 0, error))
		return false;
	if (container->gateway && !await_gateway(container, link, error))
		return false;
	if (!setup_send(socket, SETUP_LINK, (int)container->kind, error))
		return false;
	int tap;
	if (!setup_expect_fds(socket, SETUP_LINKED, &tap, 1, error))
		return false;
	if (tap >= 0)
		container->fds[HANDOFF_FD_TAP] = tap;
	return true;
}

/* When the child has failed, that is why others could not go on. */
static void prefer_child_failure(const struct container *container, GError **error)
{
	struct pollfd entry = {.fd = container->child_socket, .events = POLLIN};
	g_autoptr(GError) failure = NULL;

	if (poll(&entry, 1, 0) != 1 || setup_expect(entry.fd, SETUP_LINKED, NULL, &failure) ||
	    failure->code == EPIPE)
		return;
	g_clear_error(error);
	g_propagate_error(error, g_steal_pointer(&failure));
}

void container_init(struct container *container)
{
	*container = (struct container){.child_socket = -1, .gateway_socket = -1, .kind = LINK_TAP};
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		container->fds[i] = -1;
}

bool container_start(struct container *container, const struct container_options *options,
		     GError **error)
{
	int pair[2];

	if (!fdpass_socketpair(pair, error))
		return false;
	container->child_socket = pair[0];
	bool started = options->link->kind == LINK_TAP
			       ? start_child(container, options, pair[1], error)
			       : start_gateway(container, options, pair[1], error);
	close(pair[1]);
	if (started && bring_up_link(container, options->link, error))
		return true;
	prefer_child_failure(container, error);
	return false;
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

bool container_go(struct container *container, int *ret_status, GError **error)
{
	int status = 0;

	if (setup_send(container->child_socket, SETUP_GO, 0, error) &&
	    setup_expect(container->child_socket, SETUP_STARTED, &status, error)) {
		container->command = only_child(container->child);
		return true;
	}
	if (status)
		*ret_status = status;
	return false;
}

void container_done(struct container *container)
{
	reap_process(&container->child);
	reap_process(&container->gateway);
	close_fd(&container->child_socket);
	close_fd(&container->gateway_socket);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		close_fd(&container->fds[i]);
	g_clear_pointer(&container->fallback_reason, g_free);
}
