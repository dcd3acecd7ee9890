/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of netns-attach */
#include "plugins/attach/options.h"

#include <errno.h>

#include "launcher/command_line.h"
#include "src/failure.h"
#include "src/inherited_fd.h"
#include "src/option_bytes.h"

#define DESCRIPTION                                                                                \
	"PID is a process in the network namespace, PATH that of a namespace (with a /). FD is\n"  \
	"the number of an inherited descriptor, or its name in LISTEN_FDNAMES.\n"                  \
	"\n"                                                                                       \
	"Example: netns-attach --detach --publish 8080:80 4711\n"                                  \
	"See netns-attach(1), netns-ctl(1)."

static bool take_fd(int *ret_fd, const char *option, const char *value, GError **error)
{
	int fd = inherited_fd_find(value, error);

	if (fd < 0) {
		g_prefix_error(error, "%s: ", option);
		return false;
	}
	*ret_fd = fd;
	return true;
}

#define FD_CALLBACK(member)                                                                        \
	static gboolean on_##member(const char *name, const char *value, gpointer data,            \
				    GError **error)                                                \
	{                                                                                          \
		return take_fd(&((struct attach_options *)data)->member, name, value, error);      \
	}

FD_CALLBACK(netns_fd)
FD_CALLBACK(userns_fd)
FD_CALLBACK(tap_fd)
FD_CALLBACK(control_fd)
FD_CALLBACK(ready_fd)
FD_CALLBACK(info_fd)
FD_CALLBACK(exit_fd)

/* FD:PORT is the rule fd:FD:PORT of --publish. */
static gboolean on_listen_fd(const char *name, const char *value, gpointer data, GError **error)
{
	struct attach_options *options = data;
	g_autofree char *rule = g_strconcat("fd:", value, NULL);

	return network_options_publish(&options->network, name, rule, error);
}

static GOptionGroup *main_group(struct attach_options *options, gboolean *help)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"netns-fd", 0, 0, CALLBACK(on_netns_fd), "The network namespace", "FD"},
		{"userns-fd", 0, 0, CALLBACK(on_userns_fd),
		 "The user namespace to be root in (default: the one that owns it)", "FD"},
		{"tap-fd", 0, 0, CALLBACK(on_tap_fd),
		 "A TAP, or a unix socket whose messages are frames", "FD"},
		{"listen-fd", 0, 0, CALLBACK(on_listen_fd),
		 "Publish CONT with this listening socket (repeatable)", "FD:CONT[/tcp|udp]"},
		{"control-fd", 0, 0, CALLBACK(on_control_fd),
		 "Serve the control protocol at this listening unix socket", "FD"},
		{"ready-fd", 0, 0, CALLBACK(on_ready_fd),
		 "Write a byte to this descriptor when the network is there", "FD"},
		{"info-fd", 0, 0, CALLBACK(on_info_fd),
		 "Write one JSON object about the network to this descriptor", "FD"},
		{"exit-fd", 0, 0, CALLBACK(on_exit_fd),
		 "End when the other end of this pipe or socket is closed", "FD"},
		{"no-configure", 0, 0, G_OPTION_ARG_NONE, &options->no_configure,
		 "Make the interface alone, without addresses and routes", NULL},
		{"detach", 'd', 0, G_OPTION_ARG_NONE, &options->detach,
		 "Return when the network is there, and print its name", NULL},
		{"name", 0, 0, G_OPTION_ARG_STRING, &options->name,
		 "Name of the network, for netns-ctl (default: a random one)", "NAME"},
		{"help", 'h', 0, G_OPTION_ARG_NONE, help, "Print this help", NULL},
		{"version", 'V', 0, G_OPTION_ARG_NONE, &options->version, "Print the version",
		 NULL},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group = g_option_group_new("netns-attach", "", "", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

static GOptionContext *make_context(struct attach_options *options, gboolean *help)
{
	GOptionContext *context = g_option_context_new("[PID|PATH]");

	g_option_context_set_main_group(context, main_group(options, help));
	g_option_context_add_group(context, network_options_group_of_link(&options->network));
	g_option_context_add_group(context, dns_options_group_of_link(&options->network.dns));
	g_option_context_add_group(context, outbound_options_group(&options->outbound));
	g_option_context_add_group(context, rate_options_group(&options->rate));
	g_option_context_add_group(context, sandbox_options_group(&options->sandbox));
	g_option_context_add_group(context, egress_options_group(&options->egress));
	g_option_context_set_summary(context, "Gives a network to a namespace that another program "
					      "has made.");
	g_option_context_set_description(context, DESCRIPTION);
	/* GLib's own help would show the first group alone. */
	g_option_context_set_help_enabled(context, FALSE);
	return context;
}

/* The first option that has no meaning with a device that is there already, or NULL. */
static const char *find_device_option(const struct attach_options *options)
{
	if (options->userns_fd >= 0)
		return "--userns-fd";
	if (options->no_configure)
		return "--no-configure";
	if (options->network.ifname)
		return "--ifname";
	if (options->network.has_mac)
		return "--mac";
	return options->network.link == LINK_GATEWAY ? "--link=gateway" : NULL;
}

static bool check_target(const struct attach_options *options, GError **error)
{
	int n_targets =
		(options->netns_fd >= 0) + (options->tap_fd >= 0) + (options->target != NULL);
	const char *useless = options->tap_fd >= 0 ? find_device_option(options) : NULL;

	if (n_targets != 1) {
		failure_set(error, EINVAL,
			    "netns-attach [OPTIONS] PID, or with --netns-fd or --tap-fd; see "
			    "netns-attach --help",
			    n_targets ? "there can be one namespace alone" : "no namespace given");
		return false;
	}
	if (!useless)
		return true;
	failure_set(error, EINVAL, "leave one of them out", "%s has no meaning with --tap-fd",
		    useless);
	return false;
}

static bool check(struct attach_options *options, GError **error)
{
	if (!check_target(options, error))
		return false;
	if (options->control_fd >= 0 && options->name) {
		failure_set(error, EINVAL, "leave one of them out",
			    "--name is for netns-ctl, which does not find --control-fd");
		return false;
	}
	return network_options_check(&options->network, error) &&
	       outbound_options_check(&options->outbound, &options->network, error) &&
	       rate_options_check(&options->rate, &options->network, error) &&
	       sandbox_options_check(&options->sandbox, &options->network, error) &&
	       egress_options_check(&options->egress, options->network.mode, error);
}

static bool take_positionals(struct attach_options *options, char **words, GError **error)
{
	char **rest = words + 1;

	if (*rest && g_str_equal(*rest, "--"))
		rest++;
	options->target = g_strdup(*rest);
	if (!*rest || !rest[1])
		return true;
	failure_set(error, EINVAL, "see netns-attach --help", "'%s' is one word too many", rest[1]);
	return false;
}

static void options_init(struct attach_options *options)
{
	*options = (struct attach_options){
		.netns_fd = -1,
		.userns_fd = -1,
		.tap_fd = -1,
		.control_fd = -1,
		.ready_fd = -1,
		.info_fd = -1,
		.exit_fd = -1,
	};
	network_options_init(&options->network);
	egress_options_init(&options->egress);
}

bool attach_options_parse(struct attach_options *ret_options, char **argv, GError **error)
{
	/* Where the groups' callbacks write to; it is moved as a whole in the end. */
	struct attach_options options;
	gboolean help = FALSE;
	g_auto(GStrv) words = g_strdupv(argv);

	options_init(&options);
	g_autoptr(GOptionContext) context = make_context(&options, &help);
	if (command_line_parse(context, &words, "netns-attach", error) &&
	    (help || options.version ||
	     (take_positionals(&options, words, error) && check(&options, error)))) {
		if (help)
			options.help = g_option_context_get_help(context, FALSE, NULL);
		*ret_options = options;
		return true;
	}
	attach_options_done(&options);
	return false;
}

void attach_options_done(struct attach_options *options)
{
	network_options_done(&options->network);
	egress_options_done(&options->egress);
	g_free(options->help);
	g_free(options->name);
	g_free(options->target);
}
