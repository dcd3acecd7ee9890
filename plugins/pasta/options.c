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
	const char *refusal; /* why it is not done; NULL: it is, or is of no effect */
};

#define NO_RELAY_CHOICE "protocols cannot be switched off one by one; see --egress of netns-run(1)"
#define PASST		"is for passt, which serves virtual machines"

static const struct entry entries[] = {
	{"help", 'h', false, NULL},
	{"version", 0, false, NULL},
	{"quiet", 'q', false, NULL},
	{"foreground", 'f', false, NULL},
	{"log-file", 'l', true, NULL},
	{"pid", 'P', true, NULL},
	{"mtu", 'm', true, NULL},
	{"address", 'a', true, NULL},
	{"netmask", 'n', true, NULL},
	{"mac-addr", 'M', true, NULL},
	{"gateway", 'g', true, NULL},
	{"interface", 'i', true, NULL},
	{"outbound", 'o', true, NULL},
	{"outbound-if4", 0, true, NULL},
	{"outbound-if6", 0, true, NULL},
	{"dns-forward", 0, true, NULL},
	{"dns-host", 0, true, NULL},
	{"map-host-loopback", 0, true, NULL},
	{"no-map-gw", 0, false, NULL},
	{"map-guest-addr", 0, true, NULL},
	{"ipv4-only", '4', false, NULL},
	{"ipv6-only", '6', false, NULL},
	{"tcp-ports", 't', true, NULL},
	{"udp-ports", 'u', true, NULL},
	{"tcp-ns", 'T', true, NULL},
	{"udp-ns", 'U', true, NULL},
	{"ns-ifname", 'I', true, NULL},
	{"ns-mac-addr", 0, true, NULL},
	{"userns", 0, true, NULL},
	{"netns", 0, true, NULL},
	{"no-netns-quit", 0, false, NULL},
	{"config-net", 0, false, NULL},
	{"link", 0, true, NULL},
	/* There is nothing more to tell, and the user namespace is found by itself. */
	{"debug", 'd', false, NULL},
	{"trace", 0, false, NULL},
	{"stderr", 'e', false, NULL},
	{"log-size", 0, true, NULL},
	{"netns-only", 0, false, NULL},
	/* One address of each family and the default route is what is copied in any case. */
	{"no-copy-routes", 0, false, NULL},
	{"no-copy-addrs", 0, false, NULL},
	/* Clients keep their addresses anyhow. */
	{"no-splice", 0, false, NULL},
	/* What DHCP, DHCPv6 and router advertisements would tell: the namespace is configured. */
	{"dns", 'D', true, NULL},
	{"search", 'S', true, NULL},
	{"hostname", 'H', true, NULL},
	{"fqdn", 0, true, NULL},
	{"no-dhcp-dns", 0, false, NULL},
	{"dhcp-dns", 0, false, NULL},
	{"no-dhcp-search", 0, false, NULL},
	{"dhcp-search", 0, false, NULL},
	{"no-dhcp", 0, false, NULL},
	{"no-dhcpv6", 0, false, NULL},
	{"no-ra", 0, false, NULL},
	{"no-ndp", 0, false, "neighbours are answered for in any case"},
	{"no-tcp", 0, false, NO_RELAY_CHOICE},
	{"no-udp", 0, false, NO_RELAY_CHOICE},
	{"no-icmp", 0, false, NO_RELAY_CHOICE},
	{"host-lo-to-ns-lo", 0, false, "clients never come from the namespace's loopback"},
	{"splice-only", 0, false, "there is always a device"},
	{"freebind", 0, false, "ports are bound to addresses that the host has"},
	{"pcap", 'p', true, "packets are captured by netns-ctl(1)"},
	{"stats", 0, true, "statistics are told by netns-ctl(1)"},
	{"runas", 0, true, "it runs as who has called it"},
	{"conf-path", 'c', true, "ports are changed by netns-ctl(1)"},
	{"chroot-fallback", 0, false, NULL},
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
	option_taker taker = option_values_find(entry->name);
	g_autoptr(GError) error = NULL;

	if (!entry->refusal && (!taker || taker(options, value, &error)))
		return PASTA_PARSED;
	if (error) {
		complain(error);
		return PASTA_BAD;
	}
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
	port_spec_init(&ret_options->tcp_ns, IPPROTO_TCP);
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
	port_spec_done(&options->tcp_ns);
	g_clear_pointer(&options->netns, g_free);
	g_clear_pointer(&options->userns, g_free);
	g_clear_pointer(&options->log_file, g_free);
	g_clear_pointer(&options->pid_file, g_free);
}
