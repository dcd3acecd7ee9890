/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of slirp4netns(1) */
#include "plugins/slirp4netns/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/failure.h"

#define DEFAULT_MTU   1500
#define DEFAULT_CIDR  "10.0.2.0/24"
#define DEFAULT_CIDR6 "fd00::/64"
/* Where libslirp's DHCP server starts to count, as slirp4netns has it. */
#define DHCP_HOST 15
/* Room for the addresses of link_network_init(). */
#define LONGEST_V4 25
#define LONGEST_V6 119

enum long_option {
	OPTION_CIDR = 256,
	OPTION_CIDR6,
	OPTION_DISABLE_HOST_LOOPBACK,
	OPTION_NO_HOST_LOOPBACK,
	OPTION_NETNS_TYPE,
	OPTION_USERNS_PATH,
	OPTION_ENABLE_SANDBOX,
	OPTION_CREATE_SANDBOX,
	OPTION_ENABLE_SECCOMP,
	OPTION_OUTBOUND_ADDR,
	OPTION_OUTBOUND_ADDR6,
	OPTION_DISABLE_DNS,
	OPTION_MACADDRESS,
	OPTION_TARGET_TYPE,
	OPTION_LINK,
};

static const struct option long_options[] = {
	{"configure", no_argument, NULL, 'c'},
	{"exit-fd", required_argument, NULL, 'e'},
	{"ready-fd", required_argument, NULL, 'r'},
	{"mtu", required_argument, NULL, 'm'},
	{"enable-ipv6", no_argument, NULL, '6'},
	{"api-socket", required_argument, NULL, 'a'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{"cidr", required_argument, NULL, OPTION_CIDR},
	{"cidr6", required_argument, NULL, OPTION_CIDR6},
	{"disable-host-loopback", no_argument, NULL, OPTION_DISABLE_HOST_LOOPBACK},
	{"no-host-loopback", no_argument, NULL, OPTION_NO_HOST_LOOPBACK},
	{"netns-type", required_argument, NULL, OPTION_NETNS_TYPE},
	{"userns-path", required_argument, NULL, OPTION_USERNS_PATH},
	{"enable-sandbox", no_argument, NULL, OPTION_ENABLE_SANDBOX},
	{"create-sandbox", no_argument, NULL, OPTION_CREATE_SANDBOX},
	{"enable-seccomp", no_argument, NULL, OPTION_ENABLE_SECCOMP},
	{"outbound-addr", required_argument, NULL, OPTION_OUTBOUND_ADDR},
	{"outbound-addr6", required_argument, NULL, OPTION_OUTBOUND_ADDR6},
	{"disable-dns", no_argument, NULL, OPTION_DISABLE_DNS},
	{"macaddress", required_argument, NULL, OPTION_MACADDRESS},
	{"target-type", required_argument, NULL, OPTION_TARGET_TYPE},
	{"link", required_argument, NULL, OPTION_LINK},
	{0},
};

/* The texts of options that are read once all are known. */
struct texts {
	const char *cidr, *cidr6;
	const char *outbound, *outbound6;
	const char *mac;
	const char *netns_type;
	const char *target_type;
	const char *link;
	bool ipv6, seccomp;
};

static enum slirp_parsed G_GNUC_PRINTF(1, 2) bad_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return SLIRP_BAD_USAGE;
}

static enum slirp_parsed bad(const char *text)
{
	fprintf(stderr, "%s\n", text);
	return SLIRP_BAD;
}

static void warn(const char *text)
{
	printf("WARNING: %s\n", text);
}

/* Decimal digits alone; -1 for anything else. */
static int parse_number(const char *text)
{
	char *end;

	errno = 0;
	long number = strtol(text, &end, 10);
	if (errno || end == text || *end || !isdigit((unsigned char)*text) || number > INT_MAX)
		return -1;
	return (int)number;
}

/* --- one option --- */

static enum slirp_parsed take_fd(int *ret_fd, const char *text, const char *name)
{
	*ret_fd = parse_number(text);
	return *ret_fd >= 0 ? SLIRP_PARSED : bad_usage("%s must be a non-negative integer", name);
}

static enum slirp_parsed take_mtu(struct slirp_options *options, const char *text)
{
	int mtu = parse_number(text);

	if (mtu < 1 || mtu > LINK_MTU_MAX)
		return bad_usage("MTU must be a positive integer (< %d)", LINK_MTU_MAX + 1);
	if (mtu < LINK_MTU_MIN)
		return bad_usage("no device has an MTU below %d", LINK_MTU_MIN);
	options->link.mtu = (unsigned)mtu;
	return SLIRP_PARSED;
}

static enum slirp_parsed take_userns(struct slirp_options *options, const char *path)
{
	options->userns_path = path;
	return access(path, F_OK) == 0 ? SLIRP_PARSED
				       : bad_usage("userns path doesn't exist: %s", path);
}

static void take_deprecated(const char *name, const char *successor)
{
	printf("WARNING: %s is deprecated and will be removed in future releases, please use %s "
	       "instead.\n",
	       name, successor);
}

static enum slirp_parsed take_switch(struct slirp_options *options, struct texts *texts, int option)
{
	switch (option) {
	case 'c':
		options->configure = true;
		break;
	case '6':
		texts->ipv6 = true;
		warn("Support for IPv6 is experimental");
		break;
	case 'h':
		options->help = true;
		break;
	case 'v':
		options->version = true;
		break;
	case OPTION_NO_HOST_LOOPBACK:
		take_deprecated("--no-host-loopback", "--disable-host-loopback");
		G_GNUC_FALLTHROUGH;
	case OPTION_DISABLE_HOST_LOOPBACK:
		options->disable_host_loopback = true;
		break;
	/* What they ask for, as far as it is there, is always on. */
	case OPTION_CREATE_SANDBOX:
		take_deprecated("--create-sandbox", "--enable-sandbox");
		break;
	case OPTION_ENABLE_SANDBOX:
		break;
	case OPTION_ENABLE_SECCOMP:
		texts->seccomp = true;
		warn("Support for seccomp is experimental");
		break;
	case OPTION_DISABLE_DNS:
		options->disable_dns = true;
		break;
	default:
		return SLIRP_BAD_USAGE; /* getopt_long(3) has complained */
	}
	return SLIRP_PARSED;
}

static enum slirp_parsed take_value(struct slirp_options *options, struct texts *texts, int option,
				    const char *value)
{
	switch (option) {
	case 'e':
		return take_fd(&options->exit_fd, value, "exit-fd");
	case 'r':
		return take_fd(&options->ready_fd, value, "ready-fd");
	case 'm':
		return take_mtu(options, value);
	case 'a':
		options->api_socket = value;
		break;
	case OPTION_CIDR:
		texts->cidr = value;
		break;
	case OPTION_CIDR6:
		texts->cidr6 = value;
		break;
	case OPTION_NETNS_TYPE:
		texts->netns_type = value;
		break;
	case OPTION_USERNS_PATH:
		return take_userns(options, value);
	case OPTION_OUTBOUND_ADDR:
		texts->outbound = value;
		warn("Support for --outbound-addr is experimental");
		break;
	case OPTION_OUTBOUND_ADDR6:
		texts->outbound6 = value;
		warn("Support for --outbound-addr6 is experimental");
		break;
	case OPTION_MACADDRESS:
		texts->mac = value;
		break;
	case OPTION_TARGET_TYPE:
		texts->target_type = value;
		break;
	case OPTION_LINK:
		texts->link = value;
		break;
	}
	return SLIRP_PARSED;
}

/* --- what the values mean --- */

static enum slirp_parsed parse_prefix(const char *text, sa_family_t family,
				      struct link_network *network)
{
	bool is_v4 = family == AF_INET;
	unsigned shortest = is_v4 ? 1 : 8, longest = is_v4 ? LONGEST_V4 : LONGEST_V6;
	g_auto(GStrv) parts = g_strsplit(text, "/", 2);
	struct ip_address address;
	struct ip_prefix prefix;
	int length = parts[0] && parts[1] ? parse_number(parts[1]) : -1;

	if (length < 0 || !ip_address_parse(parts[0], &address, NULL) || address.family != family) {
		fprintf(stderr, "invalid CIDR: %s\n", text);
		return SLIRP_BAD;
	}
	if ((unsigned)length < shortest || (unsigned)length > longest) {
		fprintf(stderr, "prefix length needs to be %u-%u\n", shortest, longest);
		return SLIRP_BAD;
	}
	if (!ip_prefix_parse(text, &prefix, NULL))
		return bad(is_v4 ? "CIDR needs to be a network address like 10.0.2.0/24, not like "
				   "10.0.2.100/24"
				 : "CIDR needs to be a network address like fd00::/64, not like "
				   "fd00::100/64");
	link_network_init(network, &prefix);
	return SLIRP_PARSED;
}

static bool find_interface_address(const char *ifname, struct ip_address *address)
{
	struct ifaddrs *all, *entry;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (entry = all; entry && !found; entry = entry->ifa_next)
		found = g_str_equal(entry->ifa_name, ifname) && entry->ifa_addr &&
			entry->ifa_addr->sa_family == address->family &&
			ip_address_from_sockaddr(entry->ifa_addr, address, &(uint16_t){0});
	freeifaddrs(all);
	return found;
}

static enum slirp_parsed parse_outbound(const char *text, sa_family_t family, const char *complaint,
					struct ip_address *ret_address)
{
	struct ip_address address = {.family = family};

	if (!text)
		return SLIRP_PARSED;
	if (!ip_address_parse(text, &address, NULL)) {
		address.family = family;
		if (!find_interface_address(text, &address))
			return bad(complaint);
	}
	if (address.family != family)
		return bad(complaint);
	*ret_address = address;
	return SLIRP_PARSED;
}

static enum slirp_parsed parse_mac(struct slirp_options *options, const char *text)
{
	if (!text)
		return SLIRP_PARSED;
	if (!options->configure)
		return bad_usage("--macaddr cannot be specified when --configure or -c is not "
				 "specified");
	options->has_mac = true;
	if (mac_address_parse(text, &options->link.mac, NULL))
		return SLIRP_PARSED;
	fprintf(stderr, "\"%s\" is an invalid MAC address.\n", text);
	return bad("macaddress has to be a valid MAC address (hex string, 6 bytes, each byte "
		   "separated by a ':').");
}

static enum slirp_parsed parse_networks(struct slirp_options *options, const struct texts *texts)
{
	struct link_network *v4 = &options->link.v4, *v6 = &options->link.v6;
	enum slirp_parsed parsed =
		parse_prefix(texts->cidr ? texts->cidr : DEFAULT_CIDR, AF_INET, v4);

	if (parsed == SLIRP_PARSED && texts->ipv6)
		parsed = parse_prefix(texts->cidr6 ? texts->cidr6 : DEFAULT_CIDR6, AF_INET6, v6);
	if (parsed != SLIRP_PARSED)
		return parsed;
	v4->dhcp = ip_prefix_host(&v4->prefix, DHCP_HOST);
	parsed = parse_outbound(texts->outbound, AF_INET,
				"outbound-addr has to be valid ipv4 address or interface name.",
				&v4->outbound);
	if (parsed != SLIRP_PARSED)
		return parsed;
	return parse_outbound(texts->outbound6, AF_INET6,
			      "outbound-addr6 has to be valid ipv6 address or interface name.",
			      &v6->outbound);
}

static enum slirp_parsed parse_link(struct slirp_options *options, const char *text)
{
	const char *forced = text ? text : g_getenv("NETNS_RUN_LINK");
	g_autoptr(GError) error = NULL;

	if (!forced || !*forced || link_kind_parse(forced, &options->link.kind, &error))
		return SLIRP_PARSED;
	failure_print("slirp4netns", error);
	return SLIRP_BAD;
}

static enum slirp_parsed check_target_type(const struct slirp_options *options,
					   const struct texts *texts)
{
	const char *type = texts->target_type;

	if (!type || g_str_equal(type, "netns"))
		return SLIRP_PARSED;
	if (!g_str_equal(type, "bess"))
		return bad_usage("--target-type must be either \"netns\" or \"bess\"");
	if (options->configure)
		return bad_usage("--configure conflicts with --target-type=bess");
	if (texts->netns_type)
		return bad_usage("--netns-type conflicts with --target-type=bess");
	if (options->userns_path)
		return bad_usage("--userns-path conflicts with --target-type=bess");
	warn("BESS mode is experimental");
	return SLIRP_PARSED;
}

/* --- what is no option --- */

static enum slirp_parsed parse_netns(struct slirp_options *options, const char *type)
{
	struct stat st;

	options->target_number = parse_number(options->target);
	if (!type || g_str_equal(type, "pid")) {
		options->netns_type = NETNS_PID;
		return options->target_number > 0 ? SLIRP_PARSED
						  : bad_usage("PID must be a positive integer");
	}
	if (g_str_equal(type, "tapfd")) {
		options->netns_type = NETNS_TAPFD;
		return options->target_number >= 0
			       ? SLIRP_PARSED
			       : bad_usage("TAP file descriptor must be a non-negative integer");
	}
	if (!g_str_equal(type, "path"))
		return bad_usage("--netns-type must be one of pid, path and tapfd");
	options->netns_type = NETNS_PATH;
	if (stat(options->target, &st) == 0)
		return SLIRP_PARSED;
	return bad_usage("existing path expected when --netns-type=path: %s", g_strerror(errno));
}

static enum slirp_parsed parse_positional(struct slirp_options *options, const struct texts *texts,
					  int n, char **arguments)
{
	bool is_bess = g_strcmp0(texts->target_type, "bess") == 0;
	bool needs_name = !is_bess && g_strcmp0(texts->netns_type, "tapfd") != 0;

	if (n < (needs_name ? 2 : 1))
		return SLIRP_BAD_USAGE;
	if (n > 2)
		warn("too many arguments");
	options->target = arguments[0];
	options->tap_name = n > 1 ? arguments[1] : NULL;
	if (needs_name)
		g_strlcpy(options->link.ifname, options->tap_name, sizeof(options->link.ifname));
	if (!is_bess)
		return parse_netns(options, texts->netns_type);
	options->netns_type = NETNS_BESS;
	return SLIRP_PARSED;
}

static enum slirp_parsed parse_rest(struct slirp_options *options, const struct texts *texts, int n,
				    char **arguments)
{
	enum slirp_parsed parsed = check_target_type(options, texts);

	if (parsed == SLIRP_PARSED)
		parsed = parse_positional(options, texts, n, arguments);
	if (parsed == SLIRP_PARSED)
		parsed = parse_mac(options, texts->mac);
	if (parsed == SLIRP_PARSED)
		parsed = parse_networks(options, texts);
	return parsed == SLIRP_PARSED ? parse_link(options, texts->link) : parsed;
}

enum slirp_parsed slirp_options_parse(struct slirp_options *ret_options, int argc, char **argv)
{
	struct slirp_options options = {
		.exit_fd = -1, .ready_fd = -1, .link = {.kind = LINK_AUTO, .mtu = DEFAULT_MTU}};
	struct texts texts = {0};
	enum slirp_parsed parsed = SLIRP_PARSED;
	int option;

	while (parsed == SLIRP_PARSED && !options.help && !options.version &&
	       (option = getopt_long(argc, argv, "ce:r:m:a:6hv", long_options, NULL)) != -1)
		parsed = optarg ? take_value(&options, &texts, option, optarg)
				: take_switch(&options, &texts, option);
	if (parsed == SLIRP_PARSED && !options.help && !options.version)
		parsed = parse_rest(&options, &texts, argc - optind, argv + optind);
	*ret_options = options;
	return parsed;
}
