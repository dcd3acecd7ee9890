/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-ctl - the client of running containers: lists them and changes their ports */
#include <errno.h>
#include <locale.h>
#include <stdio.h>

#include "src/ctl/arguments.h"
#include "src/ctl/client.h"
#include "src/ctl/list.h"
#include "src/ctl/ports.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "version.h"

#define PROGRAM "netns-ctl"

enum {
	EXIT_REQUEST = 1,
	EXIT_USAGE = 125,
};

static const char help[] =
	"Usage:\n"
	"  netns-ctl ls [--json]                list the running containers\n"
	"  netns-ctl NAME port ls [--json]      list its published ports\n"
	"  netns-ctl NAME port add RULE...      publish ports\n"
	"  netns-ctl NAME port rm RULE|ID...    stop publishing ports\n"
	"  netns-ctl NAME inspect               print all that is known of it, as JSON\n"
	"  netns-ctl -h, --help                 print this help\n"
	"  netns-ctl -v, --version              print the version\n"
	"\n"
	"RULE is [IP:]HOSTPORT[-END]:PORT[-END][/tcp|udp], as in netns-run --publish; IPv6\n"
	"addresses stand in brackets, host port 0 takes any free port. 'port add' prints each\n"
	"rule as it was published. 'port rm' takes [IP:]HOSTPORT[-END][/tcp|udp] as well; a\n"
	"bare number is an ID. Both stop at the first rule that fails.\n"
	"\n"
	"Exit status: 0 done, 1 the request failed, 125 the command line is wrong.\n";

static bool print_help(const struct ctl_request *request G_GNUC_UNUSED,
		       GError **error G_GNUC_UNUSED)
{
	fputs(help, stdout);
	return true;
}

static bool print_version(const struct ctl_request *request G_GNUC_UNUSED,
			  GError **error G_GNUC_UNUSED)
{
	puts(PROGRAM " version " NETNS_RUN_VERSION);
	return true;
}

static bool inspect(const struct ctl_request *request, GError **error)
{
	const struct client_request call = {request->container, "inspect", NULL, CLIENT_TIMEOUT};
	g_autoptr(JsonObject) result = client_call(&call, error);

	if (!result)
		return false;
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	json_node_set_object(root, result);
	g_autofree char *text = terminal_json(root);
	fputs(text, stdout);
	return true;
}

typedef bool (*verb_function)(const struct ctl_request *request, GError **error);

static const verb_function verbs[] = {
	[CTL_HELP] = print_help,      [CTL_VERSION] = print_version,
	[CTL_LIST] = list_containers, [CTL_PORT_LIST] = ports_list,
	[CTL_PORT_ADD] = ports_add,   [CTL_PORT_REMOVE] = ports_remove,
	[CTL_INSPECT] = inspect,
};

/* The failure without what could steer the terminal: its text may come from a container's reply. */
static void print_failure(const GError *failure)
{
	g_autofree char *raw_cause = failure_cause(failure);
	g_autofree char *cause = terminal_text(raw_cause);
	const char *raw_cure = failure_cure(failure);
	g_autofree char *cure = raw_cure ? terminal_text(raw_cure) : NULL;
	g_autoptr(GError) clean = NULL;

	failure_set(&clean, failure->code, cure, "%s", cause);
	failure_print(PROGRAM, clean);
}

static bool flush_output(GError **error)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	return failure_errno(error, "write to standard output");
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	g_autoptr(GError) failure = NULL;
	struct ctl_request request;

	setlocale(LC_CTYPE, "");
	if (!arguments_parse(argv, &request, &failure)) {
		print_failure(failure);
		return EXIT_USAGE;
	}
	if (!verbs[request.verb](&request, &failure) || !flush_output(&failure)) {
		fflush(stdout);
		print_failure(failure);
		return EXIT_REQUEST;
	}
	return 0;
}
