/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_netns_run - command lines of netns-run, and the files and variables that come of them */
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/environment.h"
#include "launcher/network.h"
#include "launcher/options.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/words.h"

#define NO_FILE "/nonexistent/file"

/* One line of a file that others parse: nobody's value can begin another, or hide in it. */
static void check_line(const char *line)
{
	for (; *line; line++)
		g_assert(*line == '\t' || !g_ascii_iscntrl(*line));
}

static void check_hosts(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line && **line; line++) {
		g_autofree char *first = g_strndup(*line, strcspn(*line, " \t"));
		struct ip_address address;

		check_line(*line);
		g_assert(ip_address_parse(first, &address, NULL));
		g_assert(!strchr(*line, '#'));
	}
}

static void check_resolv_conf(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line && **line; line++) {
		check_line(*line);
		g_assert(g_str_has_prefix(*line, "nameserver ") ||
			 g_str_has_prefix(*line, "search ") || g_str_has_prefix(*line, "options "));
	}
}

static void check_files(const struct options *options)
{
	const struct network_options *network = &options->network;
	const char *hostname = options->process.hostname ? options->process.hostname : "box";
	struct link_config link;

	if (!network_plan(network, &link, NULL))
		return;
	link_config_settle(&link, link.kind == LINK_AUTO ? LINK_TAP : link.kind);
	g_autofree char *hosts = network_hosts(&link, &network->dns, hostname, NO_FILE);
	check_hosts(hosts);
	g_autofree char *resolv_conf = network_resolv_conf(&link, &network->dns, NO_FILE);
	check_resolv_conf(resolv_conf);
	g_autofree char *foreign = network_foreign_resolv_conf(network, NO_FILE);
	check_resolv_conf(foreign);
}

static void check_environment(const struct process_options *options)
{
	const struct environment_plan plan = {
		.caller = environ,
		.clear = options->clear_env,
		.files = options->files,
		.variables = options->variables,
	};
	g_auto(GStrv) variables = environment_make(&plan);

	for (char **variable = variables; *variable; variable++)
		g_assert(strchr(*variable, '=') > *variable);
}

static void check_ports(const GArray *ports)
{
	for (guint i = 0; i < ports->len; i++) {
		const struct port_rule *rule = &g_array_index(ports, struct port_rule, i);
		g_autofree char *text = port_rule_to_string(rule);

		g_assert(text && *text && rule->guest_first);
	}
}

static void check(const struct options *options)
{
	g_assert(options->rootfs && options->command && options->command[0]);
	g_assert(strlen(options->network.ifname) < IFNAMSIZ);
	g_assert(!options->process.hostname || *options->process.hostname);
	check_ports(options->network.ports);
	check_environment(&options->process);
	check_files(options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct options options;
	struct words words;

	if (!words_init(&words, "netns-run", data, size))
		return 0;
	if (!options_parse(&options, words.argc, words.argv, &error)) {
		words_check_refusal(error);
	} else {
		if (!options.help && !options.version)
			check(&options);
		options_done(&options);
	}
	words_done(&words);
	return 0;
}
