/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_process - M, the process between launcher and container on a gateway link */
#include "launcher/gateway_process.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "link/agent.h"
#include "launcher/child.h"
#include "link/gateway.h"
#include "launcher/idmap.h"
#include "link/process.h"
#include "launcher/setup.h"
#include "launcher/userns.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

/* What M has made while it waited for its id maps. */
struct preparation {
	struct link_config link;
	struct gateway_fds gateway;
	GError *failure; /* or NULL; in auto mode nothing but a reason to take the other link */
};

static void prepare(struct preparation *preparation, const struct link_config *plan)
{
	*preparation = (struct preparation){.link = *plan};
	link_config_settle(&preparation->link, LINK_GATEWAY);
	gateway_prepare(&preparation->link, &preparation->gateway, &preparation->failure);
}

/* The command configures its end while the rest is built. */
static bool build_gateway(struct preparation *preparation, pid_t child, int socket, GError **error)
{
	const struct link_config *link = &preparation->link;
	autoclose int child_netns = -1;

	if (preparation->failure) {
		g_propagate_error(error, g_steal_pointer(&preparation->failure));
		return false;
	}
	child_netns = process_open_netns(child, error);
	if (child_netns < 0 || !gateway_connect(link, child_netns, error))
		return false;
	setup_send(socket, SETUP_CONNECTED, 0, NULL);
	return gateway_complete(link, error);
}

static bool hand_over_gateway(struct preparation *preparation, pid_t child, int socket,
			      int *ret_agent, GError **error)
{
	struct gateway_fds *gateway = &preparation->gateway;
	int agent[2];

	if (!build_gateway(preparation, child, socket, error) || !fdpass_socketpair(agent, error))
		return false;
	const int fds[] = {gateway->tap,  agent[1],	 gateway->tcp4,
			   gateway->tcp6, gateway->udp4, gateway->udp6};
	bool sent = setup_send_fds(socket, SETUP_LINKED, fds, G_N_ELEMENTS(fds), error);
	gateway_fds_close(gateway);
	close(agent[1]);
	*ret_agent = agent[0];
	return sent;
}

/* True once M is in its namespaces, with its ids; what takes time is done before it gets those. */
static bool settle_in(struct container_options *own, int socket, struct preparation *preparation)
{
	g_autoptr(GError) error = NULL;
	bool isolated = child_leave_network(&error);

	if (isolated)
		prepare(preparation, own->link);
	if (!setup_expect(socket, SETUP_MAPPED, NULL, NULL))
		return false;
	if (isolated && child_take_ids(own, &error))
		return true;
	setup_send_failed(socket, error, 125);
	return false;
}

void gateway_process_run(const struct container_options *options, int socket, int child_socket)
{
	struct container_options own = *options;
	struct preparation preparation;
	g_autoptr(GError) error = NULL;
	int agent;

	prctl(PR_SET_NAME, "netns-gateway");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	process_close_all_but(socket, child_socket);
	if (!settle_in(&own, socket, &preparation))
		_exit(125);
	pid_t child = process_clone(PROCESS_NAMESPACES | CLONE_NEWNET | CLONE_PARENT);
	if (child == 0) {
		close(socket);
		child_run(&own, child_socket, false);
	}
	close(child_socket);
	/* Ctrl-C is for the command; C stays in the session of the terminal. */
	setsid();
	/* Libraries complain there about what is only a reason to take the other link. */
	process_forget_standard_streams();
	if (child < 0)
		userns_explain("/proc", errno, &error);
	else if (idmap_write_nested(options->idmap, child, &error) &&
		 setup_send(socket, SETUP_PID, child, &error) &&
		 hand_over_gateway(&preparation, child, socket, &agent, &error))
		agent_serve(agent, NULL);
	if (error)
		setup_send_failed(socket, error, 125);
	_exit(error ? 125 : 0);
}
