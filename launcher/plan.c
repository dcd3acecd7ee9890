/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan - from the command line to what a container is made of */
#include "launcher/plan.h"

#include <unistd.h>

#include "launcher/environment.h"
#include "launcher/network.h"
#include "launcher/rootfs.h"
#include "launcher/tap_device.h"
#include "src/state_dir.h"
#include "src/tty_relay.h"

bool plan_check(const struct options *options, GError **error)
{
	return (!options->name || state_name_check(options->name, error)) &&
	       rootfs_check(options->rootfs, error) &&
	       (options->network.mode != NETWORK_USER || tap_device_check(error));
}

static char *make_resolv_conf(const struct network_options *network, const struct link_config *link)
{
	if (network->mode != NETWORK_USER)
		return network_foreign_resolv_conf(network, "/etc/resolv.conf");
	return network_resolv_conf(link, network->dns, "/etc/resolv.conf");
}

static char *make_hosts(const struct network_options *network, const struct link_config *link,
			const char *hostname)
{
	char *text;

	if (network->mode == NETWORK_HOST && g_file_get_contents("/etc/hosts", &text, NULL, NULL))
		return text;
	return network_hosts(link, hostname, "/etc/hosts");
}

/* Another user has another home. */
static char **make_environment(const struct process_options *options, const char *user)
{
	const struct environment_plan plan = {
		.caller = environ,
		.clear = options->clear_env,
		.keep_home = !user,
		.has_terminal = options->tty || isatty(STDIN_FILENO),
		.files = options->files,
		.variables = options->variables,
	};

	return environment_make(&plan);
}

static struct command plan_command(const struct options *options, const struct plan *plan)
{
	const struct process_options *process = &options->process;

	return (struct command){
		.argv = options->command,
		.environment = plan->environment,
		.directory = process->workdir ? process->workdir : plan->directory,
		.directory_required = process->workdir,
		.tty = process->tty,
		.size = tty_relay_find_size(STDIN_FILENO, STDOUT_FILENO),
		.is_init = !process->init,
		.rlimits = &options->limits.rlimits,
		.user = options->identity.user,
	};
}

bool plan_make(const struct options *options, const struct link_config *link, const char *name,
	       struct plan *ret_plan, GError **error)
{
	bool is_host_root = g_str_equal(options->rootfs, "/");
	const char *wanted = options->process.hostname;
	const char *hostname = wanted ? wanted : is_host_root ? g_get_host_name() : name;
	struct privilege privilege;

	if (!privilege_plan(&options->privilege, &privilege, error))
		return false;
	struct plan plan = {
		.privilege = privilege,
		.resolv_conf = make_resolv_conf(&options->network, link),
		.hosts = make_hosts(&options->network, link, hostname),
		.directory = is_host_root ? g_get_current_dir() : NULL,
		.environment = make_environment(&options->process, options->identity.user),
	};

	if (!idmap_plan(&options->identity, &plan.idmap, error)) {
		plan_done(&plan);
		return false;
	}
	plan.container = (struct container_options){
		.idmap = &ret_plan->idmap,
		.network = options->network.mode,
		.link = link,
		.rootfs = {.path = options->rootfs,
			   .resolv_conf = plan.resolv_conf,
			   .hosts = plan.hosts},
		.limits = &options->limits,
		.command = plan_command(options, &plan),
		.name = name,
		.hostname = is_host_root && !wanted ? NULL : hostname,
	};
	plan.container.command.idmap = &ret_plan->idmap;
	plan.container.command.privilege = &ret_plan->privilege;
	*ret_plan = plan;
	return true;
}

void plan_done(struct plan *plan)
{
	g_free(plan->resolv_conf);
	g_free(plan->hosts);
	g_free(plan->directory);
	g_strfreev(plan->environment);
	privilege_done(&plan->privilege);
	idmap_done(&plan->idmap);
}
