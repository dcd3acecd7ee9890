/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of netns-run */
#include "launcher/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "src/failure.h"

#define DESCRIPTION                                                                                \
	"ROOTFS is a directory that becomes the command's root, or / for the host's own. CMD\n"    \
	"defaults to /bin/sh. Exit status: CMD's own, 128+n if signal n ended it, 125 if\n"        \
	"netns-run itself failed, 126 if CMD cannot be executed, 127 if it is not found.\n"        \
	"\n"                                                                                       \
	"Example: netns-run --publish 8080:80 ./rootfs httpd -f -p 80\n"                           \
	"See netns-run(1), netns-ctl(1)."

static bool parse_unsigned(const char *text, guint64 min, guint64 max, const char *what,
			   guint64 *ret_value, GError **error)
{
	if (g_ascii_string_to_unsigned(text, 10, min, max, ret_value, NULL))
		return true;
	failure_set(error, EINVAL, NULL,
		    "%s must be a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
		    ", not '%s'",
		    what, min, max, text);
	return false;
}

static gboolean on_link(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	struct options *options = data;

	return link_kind_parse(value, &options->link, error);
}

/* False for prefixes that meet loopback, "this network", multicast or the reserved ones (RFC 6890).
 */
static bool is_unicast_prefix(const struct ip_prefix *prefix)
{
	static const char *const special[] = {"0.0.0.0/8", "127.0.0.0/8",   "224.0.0.0/3",
					      "::/96",	   "::ffff:0:0/96", "fe80::/10",
					      "ff00::/8"};

	for (size_t i = 0; i < G_N_ELEMENTS(special); i++) {
		struct ip_prefix other;
		if (ip_prefix_parse(special[i], &other, NULL) && ip_prefix_overlaps(prefix, &other))
			return false;
	}
	return true;
}

static bool parse_cidr(const char *value, sa_family_t family, unsigned longest,
		       struct ip_prefix *ret_prefix, GError **error)
{
	struct ip_prefix prefix;

	if (!ip_prefix_parse(value, &prefix, error))
		return false;
	if (prefix.address.family != family) {
		failure_set(error, EINVAL, "--cidr takes IPv4, --cidr6 IPv6",
			    "'%s' is of the other address family", value);
		return false;
	}
	if (prefix.length < 1 || prefix.length > longest) {
		failure_set(error, EINVAL, NULL, "the prefix length of '%s' must be from 1 to %u",
			    value, longest);
		return false;
	}
	if (!is_unicast_prefix(&prefix)) {
		failure_set(error, EINVAL,
			    "take a private network, e.g. 10.8.0.0/24 or fd00:8::/64",
			    "no host can have an address in '%s'", value);
		return false;
	}
	*ret_prefix = prefix;
	return true;
}

static gboolean on_cidr(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	struct options *options = data;

	return parse_cidr(value, AF_INET, 25, &options->cidr, error);
}

static gboolean on_cidr6(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			 GError **error)
{
	struct options *options = data;

	return parse_cidr(value, AF_INET6, 64, &options->cidr6, error);
}

static gboolean on_mtu(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct options *options = data;
	guint64 mtu;

	if (!parse_unsigned(value, LINK_MTU_MIN, LINK_MTU_MAX, "the MTU", &mtu, error))
		return false;
	options->mtu = (unsigned)mtu;
	return true;
}

static gboolean on_udp_timeout(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			       GError **error)
{
	static const char what[] = "a UDP time-out in seconds";
	struct options *options = data;
	g_auto(GStrv) parts = g_strsplit(value, ":", 2);
	guint64 lasting, brief = 0;

	if (!parse_unsigned(parts[0] ? parts[0] : "", 1, LINK_UDP_TIMEOUT_MAX, what, &lasting,
			    error) ||
	    (parts[0] && parts[1] &&
	     !parse_unsigned(parts[1], 1, LINK_UDP_TIMEOUT_MAX, what, &brief, error)))
		return false;
	options->udp_timeout = (unsigned)lasting;
	options->udp_brief_timeout = (unsigned)brief;
	return true;
}

static gboolean on_mac(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct options *options = data;

	options->has_mac = mac_address_parse(value, &options->mac, error);
	return options->has_mac;
}

static gboolean on_dns(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct options *options = data;
	struct ip_address address;

	if (!ip_address_parse(value, &address, error))
		return false;
	g_ptr_array_add(options->dns, g_strdup(value));
	return true;
}

static gboolean on_publish(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			   GError **error)
{
	struct options *options = data;
	struct port_rule rule;

	if (!port_rule_parse(value, &rule, error))
		return false;
	g_array_append_val(options->ports, rule);
	return true;
}

static gboolean on_host_port(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			     GError **error)
{
	struct options *options = data;
	struct host_port port = {.protocol = IPPROTO_TCP};
	g_autofree char *number = g_strndup(value, strcspn(value, "/"));
	const char *suffix = value + strlen(number);
	guint64 parsed;

	if (g_str_equal(suffix, "/udp"))
		port.protocol = IPPROTO_UDP;
	else if (*suffix && !g_str_equal(suffix, "/tcp")) {
		failure_set(error, EINVAL, "write N, N/tcp or N/udp",
			    "--host-port '%s' has an unknown protocol", value);
		return false;
	}
	if (!parse_unsigned(number, 1, 65535, "a host port", &parsed, error))
		return false;
	port.port = (uint16_t)parsed;
	g_array_append_val(options->access.ports, port);
	return true;
}

static bool parse_fd(const char *option, const char *value, int *ret_fd, GError **error)
{
	guint64 fd;

	if (!parse_unsigned(value, 0, G_MAXINT, "a file descriptor", &fd, error))
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

/* GOption writes gboolean, which is wider than bool. */
struct switches {
	gboolean no_ipv6, host_loopback, version;
};

static GOptionContext *make_context(struct options *options, struct switches *switches)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"publish", 'p', 0, CALLBACK(on_publish),
		 "Publish a port or range: [IP:]HOST[-END]:CONT[-END][/tcp|udp]", "RULE"},
		{"name", 0, 0, G_OPTION_ARG_STRING, &options->name,
		 "Name of the container, for netns-ctl (default: a random one)", "NAME"},
		{"link", 0, 0, CALLBACK(on_link), "auto (default), gateway or tap", "KIND"},
		{"ifname", 0, 0, G_OPTION_ARG_STRING, &options->ifname,
		 "Name of the network interface inside (default: eth0)", "NAME"},
		{"mtu", 'm', 0, CALLBACK(on_mtu), "MTU of the interface", "BYTES"},
		{"udp-timeout", 0, 0, CALLBACK(on_udp_timeout),
		 "Forget idle UDP flows of a gateway link; BRIEF ones are a question and its "
		 "answer",
		 "SECONDS[:BRIEF]"},
		{"mac", 0, 0, CALLBACK(on_mac), "MAC address of the interface", "ADDRESS"},
		{"cidr", 0, 0, CALLBACK(on_cidr), "IPv4 network (default: 10.0.2.0/24)", "CIDR"},
		{"cidr6", 0, 0, CALLBACK(on_cidr6), "IPv6 network (default: fd00::/64)", "CIDR"},
		{"no-ipv6", 0, 0, G_OPTION_ARG_NONE, &switches->no_ipv6, "IPv4 only", NULL},
		{"dns", 0, 0, CALLBACK(on_dns), "Name server instead of the host's (repeatable)",
		 "ADDRESS"},
		{"host-port", 0, 0, CALLBACK(on_host_port),
		 "Open this port of the host's loopback at host.internal: N[/udp]", "PORT"},
		{"host-loopback", 0, 0, G_OPTION_ARG_NONE, &switches->host_loopback,
		 "Open all ports of the host's loopback at host.internal", NULL},
		{"ready-fd", 0, 0, CALLBACK(on_ready_fd),
		 "Write a byte to this descriptor when the command starts", "FD"},
		{"info-fd", 0, 0, CALLBACK(on_info_fd),
		 "Write one JSON object about the container to this descriptor", "FD"},
		{"pid-file", 0, 0, G_OPTION_ARG_FILENAME, &options->pid_file,
		 "Write the PID of the command to this file", "FILE"},
		{"version", 'v', 0, G_OPTION_ARG_NONE, &switches->version, "Print the version",
		 NULL},
		{0},
	};
#undef CALLBACK
	GOptionContext *context = g_option_context_new("ROOTFS [CMD [ARG...]]");
	GOptionGroup *group = g_option_group_new("netns-run", "", "", options, NULL);

	g_option_group_add_entries(group, entries);
	g_option_context_set_main_group(context, group);
	g_option_context_set_summary(context, "Runs a command in its own namespaces, with a "
					      "network, as an ordinary user.");
	g_option_context_set_description(context, DESCRIPTION);
	g_option_context_set_strict_posix(context, TRUE);
	return context;
}

static void options_init(struct options *options)
{
	*options = (struct options){
		.ready_fd = -1,
		.info_fd = -1,
		.dns = g_ptr_array_new_with_free_func(g_free),
		.ports = g_array_new(FALSE, FALSE, sizeof(struct port_rule)),
		.access.ports = g_array_new(FALSE, FALSE, sizeof(struct host_port)),
	};
}

static bool check(struct options *options, GError **error)
{
	const char *ifname = options->ifname;

	if (strlen(ifname) == 0 || strlen(ifname) >= IFNAMSIZ || strpbrk(ifname, "/ :\t%") ||
	    g_str_equal(ifname, ".") || g_str_equal(ifname, "..") || g_str_equal(ifname, "lo")) {
		failure_set(error, EINVAL, "take up to 15 characters without / : % or blanks",
			    "'%s' cannot name a network interface", ifname);
		return false;
	}
	if (!options->no_ipv6 && options->mtu && options->mtu < 1280) {
		failure_set(error, EINVAL, "add --no-ipv6 or take a larger MTU",
			    "IPv6 needs an MTU of at least 1280 bytes, not %u", options->mtu);
		return false;
	}
	return true;
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
	struct options options;
	struct switches switches = {0};
	g_auto(GStrv) words = g_strdupv(argv);
	g_autoptr(GError) parse_error = NULL;

	options_init(&options);
	g_autoptr(GOptionContext) context = make_context(&options, &switches);
	bool parsed = g_option_context_parse_strv(context, &words, &parse_error);
	options.no_ipv6 = switches.no_ipv6;
	options.access.all = switches.host_loopback;
	options.version = switches.version;
	if (!options.ifname)
		options.ifname = g_strdup("eth0");

	if (!parsed && parse_error->domain == FAILURE && failure_cure(parse_error))
		g_propagate_error(error, g_steal_pointer(&parse_error));
	else if (!parsed)
		failure_set(error, EINVAL, "see netns-run --help", "%s", parse_error->message);
	else if (options.version ||
		 (check(&options, error) && take_positionals(&options, words, error))) {
		*ret_options = options;
		return true;
	}
	options_done(&options);
	return false;
}

void options_done(struct options *options)
{
	g_free(options->name);
	g_free(options->ifname);
	g_free(options->pid_file);
	g_free(options->rootfs);
	g_strfreev(options->command);
	g_ptr_array_unref(options->dns);
	g_array_unref(options->ports);
	g_array_unref(options->access.ports);
}
