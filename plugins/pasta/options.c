/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of pasta(1), as far as other programs use it */
#include "plugins/pasta/options.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>

#include "plugins/pasta/option_values.h"
#include "src/failure.h"
#include "src/number.h"

#define PROGRAM "pasta"

/* Long options without a short form have the numbers from here on. */
#define FIRST_LONG 256

struct entry {
	const char *name;
	int letter; /* 0: none */
	bool has_value;
	option_taker take;   /* NULL: it is refused, or has no effect */
	const char *refusal; /* why, and what to do instead; NULL: it has no effect */
};

#define NO_DHCP_EFFECT NULL, NULL
#define NO_RELAY_CHOICE                                                                            \
	NULL, "protocols cannot be switched off one by one; see --egress of netns-run(1)"
#define PASST NULL, "is for passt, which serves virtual machines"

static const struct entry entries[] = {
	{"help", 'h', false, option_take_help, NULL},
	{"version", 0, false, option_take_version, NULL},
	{"quiet", 'q', false, option_take_quiet, NULL},
	{"foreground", 'f', false, option_take_foreground, NULL},
	{"log-file", 'l', true, option_take_log_file, NULL},
	{"pid", 'P', true, option_take_pid_file, NULL},
	{"mtu", 'm', true, option_take_mtu, NULL},
	{"address", 'a', true, option_take_address, NULL},
	{"netmask", 'n', true, option_take_netmask, NULL},
	{"mac-addr", 'M', true, option_take_mac, NULL},
	{"gateway", 'g', true, option_take_gateway, NULL},
	{"interface", 'i', true, option_take_interface, NULL},
	{"outbound", 'o', true, option_take_outbound, NULL},
	{"outbound-if4", 0, true, option_take_outbound_if4, NULL},
	{"outbound-if6", 0, true, option_take_outbound_if6, NULL},
	{"dns-forward", 0, true, option_take_dns_forward, NULL},
	{"dns-host", 0, true, option_take_dns_host, NULL},
	{"map-host-loopback", 0, true, option_take_map_host, NULL},
	{"no-map-gw", 0, false, option_take_no_map_gw, NULL},
	{"map-guest-addr", 0, true, option_take_map_guest, NULL},
	{"ipv4-only", '4', false, option_take_ipv4_only, NULL},
	{"ipv6-only", '6', false, option_take_ipv6_only, NULL},
	{"tcp-ports", 't', true, option_take_tcp_ports, NULL},
	{"udp-ports", 'u', true, option_take_udp_ports, NULL},
	{"tcp-ns", 'T', true, option_take_ns_ports, NULL},
	{"udp-ns", 'U', true, option_take_ns_ports, NULL},
	{"ns-ifname", 'I', true, option_take_ns_interface, NULL},
	{"ns-mac-addr", 0, true, option_take_ns_mac, NULL},
	{"userns", 0, true, option_take_userns, NULL},
	{"netns", 0, true, option_take_netns, NULL},
	{"no-netns-quit", 0, false, option_take_no_netns_quit, NULL},
	{"config-net", 0, false, option_take_config_net, NULL},
	{"link", 0, true, option_take_link, NULL},
	/* There is nothing more to tell, and the user namespace is found by itself. */
	{"debug", 'd', false, NULL, NULL},
	{"trace", 0, false, NULL, NULL},
	{"stderr", 'e', false, NULL, NULL},
	{"log-size", 0, true, NULL, NULL},
	{"netns-only", 0, false, NULL, NULL},
	/* One address of each family and the default route is what is copied in any case. */
	{"no-copy-routes", 0, false, NULL, NULL},
	{"no-copy-addrs", 0, false, NULL, NULL},
	/* Clients keep their addresses anyhow. */
	{"no-splice", 0, false, NULL, NULL},
	/* What DHCP, DHCPv6 and router advertisements would tell: the namespace is configured. */
	{"dns", 'D', true, NO_DHCP_EFFECT},
	{"search", 'S', true, NO_DHCP_EFFECT},
	{"hostname", 'H', true, NO_DHCP_EFFECT},
	{"fqdn", 0, true, NO_DHCP_EFFECT},
	{"no-dhcp-dns", 0, false, NO_DHCP_EFFECT},
	{"dhcp-dns", 0, false, NO_DHCP_EFFECT},
	{"no-dhcp-search", 0, false, NO_DHCP_EFFECT},
	{"dhcp-search", 0, false, NO_DHCP_EFFECT},
	{"no-dhcp", 0, false, NO_DHCP_EFFECT},
	{"no-dhcpv6", 0, false, NO_DHCP_EFFECT},
	{"no-ra", 0, false, NO_DHCP_EFFECT},
	{"no-ndp", 0, false, NULL, "neighbours are answered for in any case"},
	{"no-tcp", 0, false, NO_RELAY_CHOICE},
	{"no-udp", 0, false, NO_RELAY_CHOICE},
	{"no-icmp", 0, false, NO_RELAY_CHOICE},
	{"host-lo-to-ns-lo", 0, false, NULL, "clients never come from the namespace's loopback"},
	{"splice-only", 0, false, NULL, "there is always a device"},
	{"freebind", 0, false, NULL, "ports are bound to addresses that the host has"},
	{"pcap", 'p', true, NULL, "packets are captured by netns-ctl(1)"},
	{"stats", 0, true, NULL, "statistics are told by netns-ctl(1)"},
	{"runas", 0, true, NULL, "it runs as who has called it"},
	{"conf-path", 'c', true, NULL, "ports are changed by netns-ctl(1)"},
	{"chroot-fallback", 0, false, NULL, NULL},
	{"socket", 's', true, PASST},
	{"socket-path", 0, true, PASST},
	{"vhost-user", 0, false, PASST},
	{"print-capabilities", 0, false, PASST},
	{"repair-path", 0, true, PASST},
	{"migrate-exit", 0, false, PASST},
	{"migrate-no-linger", 0, false, PASST},
	{"fd", 'F', true, PASST},
	{"one-off", '1', false, PASST},
};

static void complain(const GError *error)
{
	g_autofree char *cause = failure_cause(error);
	const char *cure = failure_cure(error);

	fprintf(stderr, "%s\n", cause);
	if (cure)
		fprintf(stderr, PROGRAM ": hint: %s\n", cure);
}

static enum pasta_parsed bad(const char *text)
{
	fprintf(stderr, "%s\n", text);
	return PASTA_BAD;
}

static enum pasta_parsed take(struct pasta_options *options, const struct entry *entry,
			      const char *value)
{
	g_autoptr(GError) error = NULL;

	if (entry->take) {
		if (entry->take(options, value, &error))
			return PASTA_PARSED;
		complain(error);
		return PASTA_BAD;
	}
	if (!entry->refusal)
		return PASTA_PARSED;
	fprintf(stderr, PROGRAM ": option '--%s' is not supported: %s\n", entry->name,
		entry->refusal);
	return PASTA_BAD;
}

static const struct entry *find_entry(int option)
{
	for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
		if (option == (entries[i].letter ? entries[i].letter : FIRST_LONG + (int)i))
			return &entries[i];
	return NULL;
}

/* The first that is wrong ends it, as far as pasta's own way of doing it matters. */
static enum pasta_parsed parse_options(struct pasta_options *options, int argc, char **argv)
{
	struct option long_options[G_N_ELEMENTS(entries) + 1] = {{0}};
	g_autoptr(GString) letters = g_string_new("+");
	enum pasta_parsed parsed = PASTA_PARSED;
	int option;

	for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
		const struct entry *entry = &entries[i];
		long_options[i] = (struct option){
			.name = entry->name,
			.has_arg = entry->has_value ? required_argument : no_argument,
			.val = entry->letter ? entry->letter : FIRST_LONG + (int)i,
		};
		if (entry->letter)
			g_string_append_printf(letters, "%c%s", entry->letter,
					       entry->has_value ? ":" : "");
	}
	while (parsed == PASTA_PARSED && !options->help && !options->version &&
	       (option = getopt_long(argc, argv, letters->str, long_options, NULL)) != -1) {
		const struct entry *entry = find_entry(option);
		parsed = entry ? take(options, entry, optarg) : PASTA_BAD_USAGE;
	}
	return parsed;
}

/* PID, COMMAND, or nothing. */
static enum pasta_parsed parse_target(struct pasta_options *options, int n, char **arguments)
{
	guint64 pid;

	if (options->netns)
		return n > 0 ? bad("Both --netns and PID or command given") : PASTA_PARSED;
	if (n == 1 && number_parse(arguments[0], 1, G_MAXINT32, "PID", &pid, NULL)) {
		options->netns = g_strdup_printf("/proc/%d/ns/net", (int)pid);
		return PASTA_PARSED;
	}
	if (options->userns)
		return bad("--userns requires PID or --netns");
	options->command = arguments;
	return PASTA_PARSED;
}

static enum pasta_parsed parse_link(struct pasta_options *options)
{
	const char *forced = g_getenv("NETNS_RUN_LINK");
	g_autoptr(GError) error = NULL;

	if (options->link != LINK_AUTO || !forced || !*forced ||
	    link_kind_parse(forced, &options->link, &error))
		return PASTA_PARSED;
	complain(error);
	return PASTA_BAD;
}

enum pasta_parsed pasta_options_parse(struct pasta_options *ret_options, int argc, char **argv)
{
	enum pasta_parsed parsed;

	*ret_options = (struct pasta_options){.link = LINK_AUTO};
	port_spec_init(&ret_options->tcp, IPPROTO_TCP);
	port_spec_init(&ret_options->udp, IPPROTO_UDP);
	parsed = parse_options(ret_options, argc, argv);
	if (parsed != PASTA_PARSED || ret_options->help || ret_options->version)
		return parsed;
	parsed = parse_target(ret_options, argc - optind, argv + optind);
	return parsed == PASTA_PARSED ? parse_link(ret_options) : parsed;
}

void pasta_options_done(struct pasta_options *options)
{
	port_spec_done(&options->tcp);
	port_spec_done(&options->udp);
	g_clear_pointer(&options->netns, g_free);
}
