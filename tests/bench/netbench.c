/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netbench - the end programs of the benchmarks that iperf3 does not offer
 *
 * `netbench server` serves all tests on one port; `netbench rr|crr|udp|flows|sweep|idle` runs one
 * of them against it. The result is one line of JSON on standard output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/failure.h"
#include "tests/bench/datagram.h"
#include "tests/bench/exchange.h"
#include "tests/bench/flows.h"
#include "tests/bench/idle.h"
#include "tests/bench/netbench.h"
#include "tests/bench/server.h"
#include "tests/bench/transfer.h"

#define DEFAULT_SIZES	"1,10,100,1000,10000,100000,1000000,10000000,100000000"
#define MAX_SECONDS	3600
#define MAX_CONNECTIONS 100000
#define MAX_RATE	100000

static const struct subcommand {
	const char *name;
	bool (*run)(const struct netbench_options *options, GError **error);
} subcommands[] = {
	{"server", server_run}, {"rr", exchange_rr},  {"crr", exchange_crr},
	{"udp", datagram_run},	{"flows", flows_run}, {"sweep", transfer_sweep},
	{"idle", idle_run},
};

static const struct subcommand *find_subcommand(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(subcommands); i++) {
		if (g_str_equal(subcommands[i].name, name))
			return &subcommands[i];
	}
	return NULL;
}

static bool check_range(const char *name, int value, int least, int most, GError **error)
{
	if (value >= least && value <= most)
		return true;
	failure_set(error, 0, NULL, "--%s must be %d to %d", name, least, most);
	return false;
}

static bool parse_options(int *argc, char ***argv, struct netbench_options *options, GError **error)
{
	const GOptionEntry entries[] = {
		{"address", 'a', 0, G_OPTION_ARG_STRING, &options->address,
		 "The server's address (127.0.0.1)", "ADDRESS"},
		{"port", 'p', 0, G_OPTION_ARG_INT, &options->port,
		 "The server's port; server: 0 takes a free one", "PORT"},
		{"seconds", 't', 0, G_OPTION_ARG_INT, &options->seconds,
		 "Length of the test; sweep: limit of one transfer; server: lifetime", "N"},
		{"connections", 'n', 0, G_OPTION_ARG_INT, &options->connections,
		 "crr: connections at a time; idle: connections in all", "N"},
		{"rate", 'r', 0, G_OPTION_ARG_INT, &options->rate,
		 "flows: exchanges a second (1000)", "N"},
		{"sizes", 's', 0, G_OPTION_ARG_STRING, &options->sizes,
		 "sweep: bytes of each transfer", "N,N,..."},
		{"down", 'R', 0, G_OPTION_ARG_NONE, &options->down, "sweep: the server sends",
		 NULL},
		{"congestion", 'C', 0, G_OPTION_ARG_STRING, &options->congestion,
		 "TCP congestion control", "NAME"},
		{NULL}};
	g_autoptr(GOptionContext) context =
		g_option_context_new("server|rr|crr|udp|flows|sweep|idle");

	g_option_context_add_main_entries(context, entries, NULL);
	return g_option_context_parse(context, argc, argv, error) &&
	       check_range("port", options->port, 0, UINT16_MAX, error) &&
	       check_range("seconds", options->seconds, 1, MAX_SECONDS, error) &&
	       check_range("rate", options->rate, 1, MAX_RATE, error) &&
	       check_range("connections", options->connections, 1, MAX_CONNECTIONS, error);
}

/* Ten thousand connections need more than the usual soft limit of 1024 descriptors. */
static bool raise_descriptor_limit(GError **error)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return failure_errno(error, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return failure_errno(error, "setrlimit");
	return true;
}

static void options_clear(struct netbench_options *options)
{
	g_free(options->address);
	g_free(options->sizes);
	g_free(options->congestion);
}

static bool run(int argc, char **argv, struct netbench_options *options, GError **error)
{
	const struct subcommand *subcommand;

	if (!parse_options(&argc, &argv, options, error))
		return false;
	if (!options->address)
		options->address = g_strdup("127.0.0.1");
	if (!options->sizes)
		options->sizes = g_strdup(DEFAULT_SIZES);
	subcommand = argc == 2 ? find_subcommand(argv[1]) : NULL;
	if (!subcommand) {
		failure_set(error, 0, "see netbench --help", "one subcommand is needed");
		return false;
	}
	return raise_descriptor_limit(error) && subcommand->run(options, error);
}

int main(int argc, char **argv)
{
	struct netbench_options options = {.seconds = 3, .connections = 1, .rate = 1000};
	g_autoptr(GError) error = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	bool good = run(argc, argv, &options, &error);
	if (!good)
		failure_print("netbench", error);
	options_clear(&options);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
