/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-ctl - the client of running containers: lists them, enters, controls and ends them */

/*
 * Trust: it believes its caller and the state directory, which must be the caller's own and closed
 * to others; root who asks for another user's containers becomes that user first (owner.c). What
 * containers and their processes are called, and what they say, may be hostile: it is made
 * printable before a terminal gets it (src/ctl/terminal.h), and no length is believed.
 */

#include <stdio.h>

#include "src/ctl/arguments.h"
#include "src/ctl/bandwidth.h"
#include "src/ctl/complaint.h"
#include "src/ctl/doctor.h"
#include "src/ctl/egress.h"
#include "src/ctl/events.h"
#include "src/ctl/exec.h"
#include "src/ctl/exit_status.h"
#include "src/ctl/flows.h"
#include "src/ctl/front.h"
#include "src/ctl/host_tool.h"
#include "src/ctl/inspect.h"
#include "src/ctl/lifecycle.h"
#include "src/ctl/list.h"
#include "src/ctl/logs.h"
#include "src/ctl/ports.h"
#include "src/ctl/process_list.h"
#include "src/ctl/resources.h"
#include "src/ctl/stats.h"
#include "src/ctl/watch_start.h"
#include "version.h"

#define PROGRAM "netns-ctl"

static bool print_help(const struct ctl_request *request, GError **error G_GNUC_UNUSED)
{
	g_autofree char *help = arguments_help(request);

	fputs(help, stdout);
	return true;
}

static bool print_version(const struct ctl_request *request G_GNUC_UNUSED,
			  GError **error G_GNUC_UNUSED)
{
	puts(PROGRAM " version " NETNS_RUN_VERSION);
	return true;
}

typedef bool (*verb_function)(const struct ctl_request *request, GError **error);

static const verb_function verbs[] = {
	[CTL_HELP] = print_help,
	[CTL_VERSION] = print_version,
	[CTL_LIST] = list_containers,
	[CTL_PORT_LIST] = ports_list,
	[CTL_PORT_ADD] = ports_add,
	[CTL_PORT_REMOVE] = ports_remove,
	[CTL_PORT_REPLACE] = ports_replace,
	[CTL_EGRESS_LIST] = egress_list,
	[CTL_EGRESS_ALLOW] = egress_allow,
	[CTL_EGRESS_DENY] = egress_deny,
	[CTL_EGRESS_REMOVE] = egress_remove,
	[CTL_EGRESS_RELOAD] = egress_reload,
	[CTL_RATE] = bandwidth_run,
	[CTL_DOCTOR] = doctor_run,
	[CTL_PS] = process_list_print,
	[CTL_STOP] = lifecycle_stop,
	[CTL_KILL] = lifecycle_kill,
	[CTL_WAIT] = lifecycle_wait,
	[CTL_PAUSE] = lifecycle_pause,
	[CTL_RESUME] = lifecycle_resume,
	[CTL_UPGRADE] = lifecycle_upgrade,
	[CTL_UPDATE] = resources_update,
	[CTL_STATS] = stats_print,
	[CTL_INSPECT] = inspect_print,
	[CTL_LOGS] = logs_print,
	[CTL_EVENTS] = events_print,
	[CTL_CAPTURE] = watch_start,
	[CTL_FLOWS] = flows_print,
	[CTL_TOP] = watch_start,
};

/* Returns the exit status. */
static int run(const struct ctl_request *request, GError **error)
{
	if (request->verb == CTL_EXEC)
		return request->options.host_tool ? host_tool_run(request, error)
						  : exec_run(request, error);
	if (verbs[request->verb](request, error) && complaint_flush_output(error))
		return 0;
	fflush(stdout);
	return EXIT_REQUEST;
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	return front_main(argv, run);
}
