/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan - from the command line to what a container is made of */
#include "launcher/plan.h"

#include <unistd.h>

#include "launcher/environment.h"
#include "launcher/network.h"
#include "launcher/rootfs.h"
#include "link/tap_device.h"
#include "src/state_dir.h"
#include "src/tty_relay.h"

bool plan_check(const struct options *options, struct plan *plan, GError **error)
{
	return (!options->name || state_name_check(options->name, error)) &&
	       rootfs_check(options->rootfs, error) &&
	       (options->network.mode != NETWORK_USER || tap_device_check(error)) &&
	       privilege_plan(&options->privilege, &plan->privilege, error) &&
	       idmap_plan(&options->identity, &plan->idmap, error);
}

static char *make_resolv_conf(const struct network_options *network, const struct link_config *link)
{
	if (network->mode != NETWORK_USER)
		return network_foreign_resolv_conf(network, "/etc/resolv.conf");
	return network_resolv_conf(link, &network->dns, "/etc/resolv.conf");
}

static char *make_hosts(const struct network_options *network, const struct link_config *link,
			const char *hostname)
{
	if (network->mode == NETWORK_HOST && g_file_test("/etc/hosts", G_FILE_TEST_EXISTS))
		return network_host_hosts(&network->dns, "/etc/hosts");
	return network_hosts(link, &network->dns, hostname, "/etc/hosts");
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
		.host_network = options->network.mode == NETWORK_HOST,
		.rlimits = &options->limits.rlimits,
		.user = options->identity.user,
	};
}

void plan_init(struct plan *plan)
{
	*plan = (struct plan){0};
	overlay_init(&plan->overlay);
}

static bool prepare_overlay(const struct options *options, struct plan *plan, GError **error)
{
	const struct filesystem_options *filesystem = &options->filesystem;

	if (!filesystem_options_overlay(filesystem))
		return true;
	plan->container.rootfs.overlay = &plan->overlay;
	return overlay_prepare(&plan->overlay, filesystem->driver, filesystem->overlay,
			       options->rootfs, error);
}

bool plan_make(const struct options *options, const struct link_config *link, const char *name,
	       struct plan *plan, GError **error)
{
	bool is_host_root = g_str_equal(options->rootfs, "/");
	const char *wanted = options->process.hostname;
	const char *hostname = wanted ? wanted : is_host_root ? g_get_host_name() : name;

	plan->resolv_conf = make_resolv_conf(&options->network, link);
	plan->hosts = make_hosts(&options->network, link, hostname);
	plan->directory = is_host_root ? g_get_current_dir() : NULL;
	plan->environment = make_environment(&options->process, options->identity.user);
	plan->container = (struct container_options){
		.idmap = &plan->idmap,
		.network = options->network.mode,
		.link = link,
		.rootfs = {.path = options->rootfs,
			   .resolv_conf = plan->resolv_conf,
			   .hosts = plan->hosts,
			   .host_network = options->network.mode == NETWORK_HOST,
			   .cover_etc = options->network.mode != NETWORK_NONE,
			   .read_only = options->filesystem.read_only,
			   .volumes = options->filesystem.volumes},
		.limits = &options->limits,
		.command = plan_command(options, plan),
		.name = name,
		.hostname = is_host_root && !wanted ? NULL : hostname,
	};
	plan->container.command.idmap = &plan->idmap;
	plan->container.command.privilege = &plan->privilege;
	return prepare_overlay(options, plan, error);
}

void plan_warn(const struct plan *plan, const char *rootfs)
{
	/* An id that is mapped is then root's, and the kernel checks much of /proc/sys by it alone.
	 */
	if (plan->idmap.is_host_root && !g_str_equal(rootfs, "/"))
		g_printerr(
			"netns-run: warning: started by root: root in %s can change what root of "
			"the host can; start it as an ordinary user\n",
			rootfs);
	if (plan->overlay.fallback_reason)
		g_printerr("netns-run: overlay driver kernel, not fuse: %s\n",
			   plan->overlay.fallback_reason);
}

void plan_done(struct plan *plan)
{
	overlay_done(&plan->overlay);
	g_free(plan->resolv_conf);
	g_free(plan->hosts);
	g_free(plan->directory);
	g_strfreev(plan->environment);
	privilege_done(&plan->privilege);
	idmap_done(&plan->idmap);
}
