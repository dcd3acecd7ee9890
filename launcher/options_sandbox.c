/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_sandbox - the part of the command line that is about the forwarder's sandbox */
#include "launcher/options_sandbox.h"

#include <errno.h>

#include "src/failure.h"
#include "src/option_bytes.h"

static gboolean on_sandbox(const char *name, const char *value, gpointer data, GError **error)
{
	struct sandbox_options *options = data;

	options->is_given = true;
	if (sandbox_mode_parse(value, &options->mode, error))
		return true;
	g_prefix_error(error, "%s: ", name);
	return false;
}

GOptionGroup *sandbox_options_group(struct sandbox_options *options)
{
	const GOptionEntry entries[] = {
		{"sandbox", 0, 0, G_OPTION_ARG_CALLBACK, (void *)on_sandbox,
		 "Lock the network's helper in (default: on, as far as the system can)",
		 "on|off|require"},
		{0},
	};
	GOptionGroup *group = g_option_group_new("sandbox", "Sandbox of the network's helper:",
						 "Show the sandbox's option", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

bool sandbox_options_check(struct sandbox_options *options, const struct network_options *network,
			   GError **error)
{
	if (!options->is_given)
		return sandbox_mode_from_environment(&options->mode, error);
	if (network->mode == NETWORK_USER)
		return true;
	failure_set(error, EINVAL, "leave one of them out",
		    "--sandbox has no meaning with --net=%s", network_mode_name(network->mode));
	return false;
}
