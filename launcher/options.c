/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of netns-run */
#include "launcher/options.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "launcher/command_line.h"
#include "src/failure.h"
#include "src/number.h"
#include "src/option_bytes.h"

#define DESCRIPTION                                                                                \
	"ROOTFS is a directory that becomes the command's root, or / for the host's own. CMD\n"    \
	"defaults to /bin/sh. Exit status: CMD's own, 128+n if signal n ended it, 125 if\n"        \
	"netns-run itself failed, 126 if CMD cannot be executed, 127 if it is not found.\n"        \
	"\n"                                                                                       \
	"Example: netns-run --publish 8080:80 ./rootfs httpd -f -p 80\n"                           \
	"See netns-run(1), netns-ctl(1)."

static bool parse_fd(const char *option, const char *value, int *ret_fd, GError **error)
{
	guint64 fd;

	if (!number_parse(value, 0, G_MAXINT, "a file descriptor", &fd, error))
		return false;
	/* CMD's own standard streams must not be what we close in the end. */
	int own = fd > STDERR_FILENO ? (int)fd : fcntl((int)fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fcntl(own, F_SETFD, FD_CLOEXEC) < 0) {
		failure_set(error, errno, "open it in the calling shell, e.g. 3>file",
			    "%s: file descriptor %s is not open", option, value);
		return false;
	}
	*ret_fd = own;
	return true;
}

static gboolean on_ready_fd(const char *name, const char *value, gpointer data, GError **error)
{
	return parse_fd(name, value, &((struct options *)data)->ready_fd, error);
}

static gboolean on_info_fd(const char *name, const char *value, gpointer data, GError **error)
{
	return parse_fd(name, value, &((struct options *)data)->info_fd, error);
}

static gboolean on_events_fd(const char *name, const char *value, gpointer data, GError **error)
{
	return parse_fd(name, value, &((struct options *)data)->events_fd, error);
}

static GOptionGroup *main_group(struct options *options, gboolean *help)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"name", 0, 0, G_OPTION_ARG_STRING, &options->name,
		 "Name of the container, for netns-ctl (default: a random one)", "NAME"},
		{"ready-fd", 0, 0, CALLBACK(on_ready_fd),
		 "Write a byte to this descriptor when the command starts", "FD"},
		{"info-fd", 0, 0, CALLBACK(on_info_fd),
		 "Write one JSON object about the container to this descriptor", "FD"},
		{"events-fd", 0, 0, CALLBACK(on_events_fd),
		 "Write what happens to the container to this descriptor, as JSON lines", "FD"},
		{"pid-file", 0, 0, G_OPTION_ARG_FILENAME, &options->pid_file,
		 "Write the PID of the command to this file", "FILE"},
		{"help", 'h', 0, G_OPTION_ARG_NONE, help, "Print this help", NULL},
		{"version", 'V', 0, G_OPTION_ARG_NONE, &options->version, "Print the version",
		 NULL},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group = g_option_group_new("netns-run", "", "", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

static GOptionContext *make_context(struct options *options, gboolean *help)
{
	GOptionContext *context = g_option_context_new("ROOTFS [CMD [ARG...]]");

	g_option_context_set_main_group(context, main_group(options, help));
	g_option_context_add_group(context, network_options_group(&options->network));
	g_option_context_add_group(context, dns_options_group(&options->network.dns));
	g_option_context_add_group(context, outbound_options_group(&options->outbound));
	g_option_context_add_group(context, rate_options_group(&options->rate));
	g_option_context_add_group(context, sandbox_options_group(&options->sandbox));
	g_option_context_add_group(context, egress_options_group(&options->egress));
	g_option_context_add_group(context, privilege_options_group(&options->privilege));
	g_option_context_add_group(context, process_options_group(&options->process));
	g_option_context_add_group(context, limits_options_group(&options->limits));
	g_option_context_add_group(context, identity_options_group(&options->identity));
	g_option_context_add_group(context, filesystem_options_group(&options->filesystem));
	g_option_context_set_summary(context, "Runs a command in its own namespaces, with a "
					      "network, as an ordinary user.");
	g_option_context_set_description(context, DESCRIPTION);
	g_option_context_set_strict_posix(context, TRUE);
	/* GLib's own help would show the first group alone. */
	g_option_context_set_help_enabled(context, FALSE);
	return context;
}

static void options_init(struct options *options)
{
	*options = (struct options){.ready_fd = -1, .info_fd = -1, .events_fd = -1};
	network_options_init(&options->network);
	egress_options_init(&options->egress);
	process_options_init(&options->process);
	limits_options_init(&options->limits);
	privilege_options_init(&options->privilege);
	identity_options_init(&options->identity);
	filesystem_options_init(&options->filesystem);
}

static bool check(struct options *options, GError **error)
{
	return network_options_check(&options->network, error) &&
	       egress_options_check(&options->egress, options->network.mode, error) &&
	       outbound_options_check(&options->outbound, &options->network, error) &&
	       rate_options_check(&options->rate, &options->network, error) &&
	       sandbox_options_check(&options->sandbox, &options->network, error) &&
	       privilege_options_check(&options->privilege, error) &&
	       limits_options_check(&options->limits, error) &&
	       process_options_check(&options->process, error) &&
	       filesystem_options_check(&options->filesystem, error);
}

static bool take_positionals(struct options *options, char **argv, GError **error)
{
	/* argv[0] is the program; a "--" that ended the options is still there. */
	char **rest = argv + 1;

	if (*rest && g_str_equal(*rest, "--"))
		rest++;
	if (!*rest) {
		failure_set(error, EINVAL,
			    "netns-run [OPTIONS] ROOTFS [CMD [ARG...]], e.g. "
			    "netns-run / sh; see netns-run --help",
			    "no ROOTFS given");
		return false;
	}
	options->rootfs = g_strdup(rest[0]);
	const char *shell[] = {"/bin/sh", NULL};
	options->command = g_strdupv(rest[1] ? rest + 1 : (char **)shell);
	return true;
}

bool options_parse(struct options *ret_options, int argc G_GNUC_UNUSED, char **argv, GError **error)
{
	/* Where the groups' callbacks write to; it is moved as a whole in the end. */
	struct options options;
	gboolean help = FALSE;
	g_auto(GStrv) words = g_strdupv(argv);

	options_init(&options);
	g_autoptr(GOptionContext) context = make_context(&options, &help);
	if (command_line_parse(context, &words, "netns-run", error) &&
	    (help || options.version ||
	     (check(&options, error) && take_positionals(&options, words, error)))) {
		if (help)
			options.help = g_option_context_get_help(context, FALSE, NULL);
		*ret_options = options;
		return true;
	}
	options_done(&options);
	return false;
}

void options_done(struct options *options)
{
	network_options_done(&options->network);
	egress_options_done(&options->egress);
	process_options_done(&options->process);
	limits_options_done(&options->limits);
	privilege_options_done(&options->privilege);
	identity_options_done(&options->identity);
	filesystem_options_done(&options->filesystem);
	g_free(options->help);
	g_free(options->name);
	g_free(options->pid_file);
	g_free(options->rootfs);
	g_strfreev(options->command);
}
