/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach - makes a link in namespaces that others have made */
#include "link/attach.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/agent.h"
#include "link/attach_device.h"
#include "link/gateway.h"
#include "link/netconfig.h"
#include "link/netlink.h"
#include "link/process.h"
#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

/*
 * How it works
 *
 * The builder, a child, enters the user and the network namespace. It takes the device that is
 * there already, if one is, and makes the link; what the forwarder needs goes back in one message.
 * On a tap link its work is done. On a gateway link it has made a network namespace of its own for
 * that, which it stays in as the agent until its socket is closed: the forwarder and its caller are
 * gone, in whatever way. Then it deletes the device, so that the name is free again at once.
 */

/* How long the end of a gateway's device is waited for, in milliseconds. */
#define GONE_TIMEOUT_MS 2000

/* Between two processes of one program. */
struct attach_result {
	int errnum; /* of a failure */
	bool failed;
	struct link_config link;
	uint32_t present; /* bit i: fds[i] is set */
	char text[2048];  /* the failure's message, or the note */
};

struct builder {
	const struct attach_plan *plan;
	struct link_config link;
	struct attach_device device;
	int home; /* the network namespace that the link is for */
	int fds[HANDOFF_N_FDS];
	int agent; /* our end of the agent's socket, on a gateway link */
	struct gateway_removal removal;
	GError *gateway_failure; /* of LINK_AUTO */
	bool is_stuck;		 /* that left nothing to make a TAP of */
};

/* --- the builder --- */

static bool enter(int ns, int type, const char *what, GError **error)
{
	if (setns(ns, type) == 0)
		return true;
	return failure_errno(error, "enter the %s namespace", what);
}

static bool make_tap(struct builder *builder, GError **error)
{
	struct link_config *link = &builder->link;
	autoclose int tap = g_steal_fd(&builder->device.tap);

	link_config_settle(link, LINK_TAP);
	if (tap < 0)
		tap = tap_device_create(link->ifname, error);
	else if (!builder->plan->has_mac && !tap_device_mac(tap, &link->mac, error))
		return false;
	if (tap < 0)
		return false;
	if (builder->plan->configure &&
	    !netconfig_configure_command(link, builder->plan->keeps_routes, error))
		return false;
	/* Without -c of its caller it has the address that the kernel gave it. */
	if (!tap_device_mac(tap, &link->mac, error))
		return false;
	builder->fds[HANDOFF_FD_TAP] = g_steal_fd(&tap);
	return true;
}

static bool configure_from(int gateway, struct builder *builder, GError **error)
{
	if (!builder->plan->configure)
		return true;
	if (!enter(builder->home, CLONE_NEWNET, "network", error))
		return false;
	return netconfig_configure_command(&builder->link, builder->plan->keeps_routes, error) &&
	       enter(gateway, CLONE_NEWNET, "gateway's network", error);
}

static bool fill_gateway(struct builder *builder, GError **error)
{
	struct link_config *link = &builder->link;
	struct gateway_fds gateway;
	int agent[2];

	if (builder->device.tap >= 0 && !builder->plan->has_mac &&
	    !tap_device_mac(builder->device.tap, &link->mac, error))
		return false;
	if (unshare(CLONE_NEWNET) < 0)
		return failure_errno(error, "make a network namespace");
	autoclose int self = process_open_netns(getpid(), error);
	if (self < 0 || !fdpass_socketpair(agent, error))
		return false;
	builder->agent = agent[0];
	builder->fds[HANDOFF_FD_AGENT] = agent[1];
	link_config_settle(link, LINK_GATEWAY);
	if (!gateway_build(link, builder->home, &gateway, error))
		return false;
	builder->fds[HANDOFF_FD_TAP] = gateway.tap;
	builder->fds[HANDOFF_FD_TCP4] = gateway.tcp4;
	builder->fds[HANDOFF_FD_TCP6] = gateway.tcp6;
	builder->fds[HANDOFF_FD_UDP4] = gateway.udp4;
	builder->fds[HANDOFF_FD_UDP6] = gateway.udp6;
	return gateway_removal_prepare(&builder->removal, error) &&
	       configure_from(self, builder, error);
}

static void drop_gateway(struct builder *builder)
{
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		close_fd(&builder->fds[i]);
	close_fd(&builder->agent);
	builder->link = builder->plan->link;
}

/* A device that is there makes room, and comes back when no gateway can be made. */
static bool make_gateway(struct builder *builder, GError **error)
{
	const char *ifname = builder->plan->link.ifname;
	bool is_aside = builder->device.kind == ATTACH_DEVICE_BARE;
	g_autoptr(GError) cause = NULL;

	if (is_aside && !attach_device_set_aside(ifname, error)) {
		builder->is_stuck = true;
		return false;
	}
	if (fill_gateway(builder, error)) {
		if (is_aside)
			tap_device_set_persistent(builder->device.tap, false, NULL);
		attach_device_done(&builder->device);
		return true;
	}
	drop_gateway(builder);
	if (!enter(builder->home, CLONE_NEWNET, "network", &cause) ||
	    (is_aside && !attach_device_bring_back(ifname, &cause))) {
		g_clear_error(error);
		g_propagate_error(error, g_steal_pointer(&cause));
		builder->is_stuck = true;
	}
	return false;
}

static bool wants_gateway(const struct builder *builder, GError **error)
{
	enum link_kind kind = builder->plan->link.kind;

	if (kind == LINK_TAP)
		return false;
	if (builder->device.kind != ATTACH_DEVICE_CONFIGURED)
		return true;
	if (kind == LINK_GATEWAY)
		failure_set(error, EEXIST, "take --link=tap, or delete the device",
			    "the TAP %s exists and has addresses: no gateway can take its place",
			    builder->plan->link.ifname);
	return false;
}

/* What is about to go, as the link of a helper that has just ended, is no device in the way. */
static bool find_device(struct builder *builder, GError **error)
{
	const char *ifname = builder->link.ifname;

	if (builder->plan->adopts)
		return attach_device_take(ifname, &builder->device, error);
	return !if_nametoindex(ifname) || netlink_wait_until_gone(ifname, error);
}

static bool make_link(struct builder *builder, GError **error)
{
	GError **gateway_failure =
		builder->plan->link.kind == LINK_GATEWAY ? error : &builder->gateway_failure;

	if (!find_device(builder, error))
		return false;
	if (wants_gateway(builder, gateway_failure) && make_gateway(builder, gateway_failure))
		return true;
	if (builder->is_stuck && gateway_failure != error)
		g_propagate_error(error, g_steal_pointer(&builder->gateway_failure));
	return builder->plan->link.kind != LINK_GATEWAY && !builder->is_stuck &&
	       make_tap(builder, error);
}

static bool send_result(int socket, struct builder *builder, const GError *failure)
{
	const GError *text = failure ? failure : builder->gateway_failure;
	struct attach_result result = {.failed = failure != NULL, .link = builder->link};
	int fds[HANDOFF_N_FDS];
	size_t n_fds = 0;

	if (text)
		g_strlcpy(result.text, text->message, sizeof(result.text));
	if (failure)
		result.errnum = failure->code;
	for (size_t i = 0; !failure && i < HANDOFF_N_FDS; i++) {
		if (builder->fds[i] < 0)
			continue;
		result.present |= 1U << i;
		fds[n_fds++] = builder->fds[i];
	}
	return fdpass_send(socket, &result, sizeof(result), fds, n_fds, NULL);
}

static bool build(struct builder *builder, GError **error)
{
	const struct attach_plan *plan = builder->plan;

	if (plan->userns >= 0 && !enter(plan->userns, CLONE_NEWUSER, "user", error))
		return false;
	return enter(plan->netns, CLONE_NEWNET, "network", error) && make_link(builder, error);
}

/* The agent's descriptor alone is left: whoever waits for our end must not wait for ourselves. */
static G_NORETURN void run_builder(const struct attach_plan *plan, int socket)
{
	struct builder builder = {
		.plan = plan,
		.link = plan->link,
		.device = {.tap = -1},
		.home = plan->netns,
		.agent = -1,
	};
	g_autoptr(GError) error = NULL;

	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		builder.fds[i] = -1;
	const int kept[] = {socket, plan->userns, plan->netns};

	/* Our caller's locks and sockets tell others whether it lives. */
	process_close_all_but_these(kept, G_N_ELEMENTS(kept));
	prctl(PR_SET_NAME, "netns-gateway");
	/* Ctrl-C is for our caller, who ends us by closing the socket. */
	setsid();
	/* Libraries complain there about what is only a reason to take the other link. */
	process_forget_standard_streams();
	bool ok = build(&builder, &error);
	if (send_result(socket, &builder, ok ? NULL : error) && builder.agent >= 0)
		agent_serve(builder.agent, &builder.removal);
	_exit(ok ? 0 : 1);
}

/* --- the caller --- */

static bool receive_result(int socket, struct attachment *attachment, GError **error)
{
	struct attach_result result;
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0, next = 0;
	ssize_t size = fdpass_receive(socket, &result, sizeof(result), fds, &n_fds);

	if (size != sizeof(result)) {
		failure_set(error, EPIPE, NULL, "the process that makes the link has died");
		return false;
	}
	result.text[sizeof(result.text) - 1] = '\0';
	if (result.failed) {
		g_set_error_literal(error, FAILURE, result.errnum, result.text);
		return false;
	}
	attachment->link = result.link;
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		if (result.present & 1U << i && next < n_fds)
			attachment->fds[i] = fds[next++];
	if (*result.text)
		attachment->note = g_strdup(result.text);
	return true;
}

/* The agent stays; whoever has no more to do is waited for. */
static void settle_builder(struct attachment *attachment, pid_t builder)
{
	attachment->builder = builder;
	if (attachment->fds[HANDOFF_FD_AGENT] >= 0)
		return;
	waitpid(builder, NULL, 0);
	attachment->builder = 0;
}

void attachment_init(struct attachment *attachment)
{
	*attachment = (struct attachment){.builder = 0};
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		attachment->fds[i] = -1;
}

bool attach_build(const struct attach_plan *plan, struct attachment *ret_attachment, GError **error)
{
	struct attachment attachment;
	int pair[2];

	attachment_init(&attachment);
	if (!fdpass_socketpair(pair, error))
		return false;
	pid_t builder = fork();
	if (builder == 0) {
		close(pair[0]);
		run_builder(plan, pair[1]);
	}
	close(pair[1]);
	if (builder < 0) {
		close(pair[0]);
		return failure_errno(error, "fork");
	}
	bool ok = receive_result(pair[0], &attachment, error);
	close(pair[0]);
	settle_builder(&attachment, builder);
	if (ok)
		*ret_attachment = attachment;
	return ok;
}

void attachment_done(struct attachment *attachment)
{
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		close_fd(&attachment->fds[i]);
	g_clear_pointer(&attachment->note, g_free);
	if (!attachment->builder)
		return;
	autoclose int pidfd = (int)syscall(SYS_pidfd_open, attachment->builder, 0);
	struct pollfd entry = {.fd = pidfd, .events = POLLIN};
	if (pidfd < 0 || poll(&entry, 1, GONE_TIMEOUT_MS) != 1)
		kill(attachment->builder, SIGKILL);
	waitpid(attachment->builder, NULL, 0);
	attachment->builder = 0;
}
