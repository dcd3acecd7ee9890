/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs - what netns-ctl can do: the table of its verbs, their options and operands */
#include "src/ctl/verbs.h"

#include <limits.h>
#include <string.h>

#include "src/ctl/bandwidth.h"
#include "src/ctl/capture_options.h"
#include "src/ctl/egress.h"
#include "src/ctl/events.h"
#include "src/ctl/explanations.h"
#include "src/ctl/ports.h"
#include "src/ctl/signals.h"
#include "src/ctl/stats.h"
#include "src/ctl/top_options.h"
#include "src/failure.h"
#include "src/port_rule.h"

/* Where the parser finds the option's place, as it is not known before. */
#define PLACE(member) ((gpointer)offsetof(struct ctl_options, member))
#define FLAG(name, letter, member, text)                                                           \
	{                                                                                          \
		name, letter, 0, G_OPTION_ARG_NONE, PLACE(member), text, NULL                      \
	}
#define TEXT(name, letter, member, text, value)                                                    \
	{                                                                                          \
		name, letter, 0, G_OPTION_ARG_STRING, PLACE(member), text, value                   \
	}
#define ANY_NUMBER UINT_MAX

static const GOptionEntry json_options[] = {
	FLAG("json", 0, json, "print JSON instead of a table"),
	{0},
};

static const GOptionEntry flows_options[] = {
	FLAG("json", 0, json, "print JSON instead of a table"),
	FLAG("watch", 'w', watch, "again each second, until the container has ended"),
	{0},
};

static const GOptionEntry stats_options[] = {
	TEXT("format", 'f', format, "how to print it; text", "text|json|prometheus"),
	FLAG("json", 0, json, "--format json"),
	{0},
};

static const GOptionEntry port_add_options[] = {
	FLAG("replace", 0, replace, "remove all other ports"),
	TEXT("proxy-protocol", 0, proxy_protocol, "tell CMD's services who connects, by this",
	     "v1|v2"),
	{0},
};

static const GOptionEntry port_remove_options[] = {
	FLAG("all", 0, all, "remove every port"),
	FLAG("ignore-missing", 0, ignore_missing, "what is not published is no error"),
	{0},
};

static const GOptionEntry egress_options[] = {
	FLAG("keep-flows", 0, keep_flows, "let what it no longer lets out go on until it ends"),
	{"before", 0, 0, G_OPTION_ARG_INT, PLACE(before),
	 "put it before this rule; else it becomes the last, before those of a file", "ID"},
	{0},
};

static const GOptionEntry egress_keep_options[] = {
	FLAG("keep-flows", 0, keep_flows, "let what it no longer lets out go on until it ends"),
	{0},
};

static const GOptionEntry exec_options[] = {
	FLAG("tty", 't', tty, "give CMD a terminal of its own"),
	FLAG("interactive", 'i', interactive, "pass standard input on; it always is"),
	TEXT("user", 'u', user, "run as this user of the container", "UID|NAME[:GID|NAME]"),
	{"env", 'e', 0, G_OPTION_ARG_STRING_ARRAY, PLACE(env),
	 "set a variable; without =V, to its value here", "K[=V]"},
	TEXT("workdir", 'w', workdir, "start in this directory", "PATH"),
	FLAG("host-tool", 0, host_tool,
	     "run the host's CMD, as yourself, in the container's network only"),
	{0},
};

static const GOptionEntry stop_options[] = {
	{"time", 't', 0, G_OPTION_ARG_INT, PLACE(seconds), "until it is killed; 10", "SECONDS"},
	{0},
};

static const GOptionEntry logs_options[] = {
	FLAG("follow", 'f', follow, "go on until the container has ended"),
	{0},
};

static const GOptionEntry events_options[] = {
	{"filter", 'f', 0, G_OPTION_ARG_STRING_ARRAY, PLACE(filters),
	 "events of this kind only; may be repeated", "event=KIND"},
	{"last", 'n', 0, G_OPTION_ARG_INT, PLACE(last), "begin with the last N that are past", "N"},
	{0},
};

static const GOptionEntry update_options[] = {
	TEXT("memory", 0, limits[0], "limit of its memory", "BYTES[k|m|g]"),
	TEXT("memory-swap", 0, limits[1], "limit of memory and swap together", "BYTES[k|m|g]"),
	TEXT("cpus", 0, limits[2], "share of processor time, in processors", "NUMBER"),
	TEXT("cpuset-cpus", 0, limits[3], "processors that it may use", "LIST"),
	TEXT("pids-limit", 0, limits[4], "most processes and threads", "NUMBER"),
	TEXT("io-weight", 0, limits[5], "weight of its input and output", "1-10000"),
	{0},
};

static const GOptionEntry capture_options[] = {
	TEXT("interface", 'i', interface, "the network interface, or any for all", "NAME"),
	TEXT("write", 'w', write, "write to this file; -: standard output", "FILE"),
	TEXT("duration", 0, duration, "end after this time", "SECONDS"),
	TEXT("size", 0, size, "end before the file is larger", "BYTES[k|m|g]"),
	TEXT("count", 'c', count, "end after so many packets", "NUMBER"),
	TEXT("snaplen", 's', snaplen, "keep so much of each packet; 262144", "BYTES"),
	{0},
};

static const GOptionEntry top_options[] = {
	FLAG("batch", 'b', batch, "print text, with all flows, instead of drawing on the terminal"),
	TEXT("iterations", 'n', iterations, "end after so many pictures", "NUMBER"),
	TEXT("delay", 'd', delay, "from one picture to the next; 1", "SECONDS"),
	{0},
};

const char *verbs_limit_name(size_t index)
{
	return update_options[index].long_name;
}

static bool check_rules(const struct ctl_request *request, GError **error)
{
	struct port_rule rule;

	for (char **operand = request->operands; *operand; operand++) {
		if (!port_rule_parse(*operand, &rule, error) ||
		    !ports_take_proxy(&request->options, &rule, error))
			return false;
	}
	return true;
}

static bool check_rule_or_id(const char *operand, GError **error)
{
	struct port_rule rule;

	if (!arguments_is_id(operand))
		return port_rule_parse_host(operand, &rule, error);
	if (g_ascii_string_to_unsigned(operand, 10, 1, UINT_MAX, NULL, NULL))
		return true;
	failure_set(error, 0, "netns-ctl NAME port ls shows the ids", "'%s' is not a port's id",
		    operand);
	return false;
}

static bool check_rules_or_ids(const struct ctl_request *request, GError **error)
{
	bool has_operands = request->operands[0];

	if (has_operands == request->options.all) {
		failure_set(error, 0, "netns-ctl NAME port rm --help shows how",
			    has_operands ? "--all leaves no port to name" : "no port to remove");
		return false;
	}
	for (char **operand = request->operands; *operand; operand++) {
		if (!check_rule_or_id(*operand, error))
			return false;
	}
	return true;
}

static bool check_env(const char *variable, GError **error)
{
	if (variable[0] != '\0' && variable[0] != '=')
		return true;
	failure_set(error, 0, "write --env NAME=VALUE", "'%s' names no variable", variable);
	return false;
}

static bool check_exec(const struct ctl_request *request, GError **error)
{
	const struct ctl_options *options = &request->options;

	for (char **variable = options->env; variable && *variable; variable++) {
		if (!check_env(*variable, error))
			return false;
	}
	if (options->host_tool && (options->user || options->tty)) {
		failure_set(error, 0, "leave one of them out",
			    "--host-tool runs as yourself in your own terminal, without %s",
			    options->user ? "--user" : "--tty");
		return false;
	}
	return true;
}

static bool check_stop(const struct ctl_request *request, GError **error)
{
	if (request->options.seconds >= 0)
		return true;
	failure_set(error, 0, "take 0 to kill it at once", "'%d' is no number of seconds",
		    request->options.seconds);
	return false;
}

static bool check_events(const struct ctl_request *request, GError **error)
{
	unsigned kinds;

	if (request->options.last < 0) {
		failure_set(error, 0, "take 0 for none", "'%d' is no number of events",
			    request->options.last);
		return false;
	}
	return events_parse_filters(request->options.filters, &kinds, error);
}

static bool check_stats(const struct ctl_request *request, GError **error)
{
	return stats_check_format(request->options.format, error);
}

static bool check_kill(const struct ctl_request *request, GError **error)
{
	int number;

	return !request->operands[0] || signals_parse(request->operands[0], &number, error);
}

static bool check_update(const struct ctl_request *request, GError **error)
{
	for (size_t i = 0; i < CTL_N_LIMITS; i++) {
		if (request->options.limits[i])
			return true;
	}
	failure_set(error, 0, "netns-ctl NAME update --help shows them", "no limit to update");
	return false;
}

static bool check_top(const struct ctl_request *request, GError **error)
{
	struct top_options options;

	return top_options_parse(request, &options, error);
}

static bool check_capture(const struct ctl_request *request, GError **error)
{
	struct capture_options options;

	return capture_options_parse(request, &options, error);
}

static const char capture_explanation[] =
	"Writes the container's packets in the pcap format, to FILE or to standard output where "
	"that\n"
	"is no terminal: netns-ctl NAME capture | wireshark -ki -. FILTER is that of tcpdump, see\n"
	"pcap-filter(7). Ends by a limit, by Ctrl-C or with the container; the file is whole then.";
static const struct verb table[] = {
	{{"ls", NULL},
	 .summary = "list the running containers",
	 .verb = CTL_LIST,
	 .alone = true,
	 .options = json_options},
	{{"top", NULL},
	 .summary = "show the running containers and their flows, live",
	 .verb = CTL_TOP,
	 .alone = true,
	 .options = top_options,
	 .check = check_top},
	{{"doctor", NULL},
	 .summary = "check this machine, and tell the cure of each problem",
	 .explanation = doctor_explanation,
	 .verb = CTL_DOCTOR,
	 .alone = true,
	 .options = json_options},
	{{"events", NULL},
	 .summary = "print what happens to all containers",
	 .explanation = events_explanation,
	 .verb = CTL_EVENTS,
	 .alone = true,
	 .options = events_options,
	 .check = check_events},
	{{"stats", NULL},
	 .summary = "print what all containers use, and their traffic",
	 .explanation = stats_explanation,
	 .verb = CTL_STATS,
	 .alone = true,
	 .options = stats_options,
	 .check = check_stats},
	{{"exec", NULL},
	 "CMD [ARG...]",
	 "run a command in it",
	 exec_explanation,
	 CTL_EXEC,
	 .stops_at_operand = true,
	 .min_operands = 1,
	 .max_operands = ANY_NUMBER,
	 .options = exec_options,
	 .check = check_exec},
	{{"ps", NULL},
	 .summary = "list its processes",
	 .explanation = ps_explanation,
	 .verb = CTL_PS,
	 .options = json_options},
	{{"logs", NULL},
	 .summary = "print its output (of --detach, --log-file)",
	 .verb = CTL_LOGS,
	 .options = logs_options},
	{{"events", NULL},
	 .summary = "print what happens to it, until its end",
	 .explanation = events_explanation,
	 .verb = CTL_EVENTS,
	 .options = events_options,
	 .check = check_events},
	{{"stop", NULL},
	 .summary = "end it: SIGTERM, after some time SIGKILL",
	 .verb = CTL_STOP,
	 .options = stop_options,
	 .check = check_stop},
	{{"kill", NULL},
	 "[SIGNAL]",
	 "send a signal to its command",
	 kill_explanation,
	 CTL_KILL,
	 .max_operands = 1,
	 .check = check_kill},
	{{"wait", NULL}, .summary = "wait for its end and print its exit status", .verb = CTL_WAIT},
	{{"pause", NULL}, .summary = "freeze all its processes", .verb = CTL_PAUSE},
	{{"resume", NULL}, .summary = "thaw them", .verb = CTL_RESUME},
	{{"upgrade", NULL},
	 .summary = "replace its netns-forwarder by the installed one",
	 .explanation = "Ports stay open, and nothing is refused meanwhile. Established TCP "
			"connections survive\n"
			"on a gateway link; on a tap link they end. When the new one cannot start, "
			"the running\n"
			"one goes on as if nothing had been asked.",
	 .verb = CTL_UPGRADE},
	{{"update", NULL},
	 .summary = "change its limits",
	 .verb = CTL_UPDATE,
	 .options = update_options,
	 .check = check_update},
	{{"stats", NULL},
	 .summary = "print what it uses, and its traffic",
	 .explanation = stats_explanation,
	 .verb = CTL_STATS,
	 .options = stats_options,
	 .check = check_stats},
	{{"flows", NULL},
	 .summary = "list its connections",
	 .explanation = flows_explanation,
	 .verb = CTL_FLOWS,
	 .options = flows_options},
	{{"inspect", NULL},
	 .summary = "print all that is known of it, as JSON",
	 .verb = CTL_INSPECT},
	{{"capture", NULL},
	 "[FILTER...]",
	 "write its packets to a pcap file",
	 capture_explanation,
	 CTL_CAPTURE,
	 .max_operands = ANY_NUMBER,
	 .options = capture_options,
	 .check = check_capture},
	{{"egress", "ls"},
	 .summary = "list the rules of what it may reach",
	 .verb = CTL_EGRESS_LIST,
	 .options = json_options},
	{{"egress", "allow"},
	 "RULE...",
	 "let it reach this",
	 egress_explanation,
	 CTL_EGRESS_ALLOW,
	 .min_operands = 1,
	 .max_operands = ANY_NUMBER,
	 .options = egress_options,
	 .check = egress_check_rules},
	{{"egress", "deny"},
	 "RULE...",
	 "do not let it reach this any more",
	 egress_explanation,
	 CTL_EGRESS_DENY,
	 .min_operands = 1,
	 .max_operands = ANY_NUMBER,
	 .options = egress_options,
	 .check = egress_check_rules},
	{{"egress", "rm"},
	 "RULE|ID...",
	 "take rules out",
	 .verb = CTL_EGRESS_REMOVE,
	 .min_operands = 1,
	 .max_operands = ANY_NUMBER,
	 .options = egress_keep_options},
	{{"egress", "reload"},
	 "[FILE]",
	 "read the rules of its file again, or of another",
	 .verb = CTL_EGRESS_RELOAD,
	 .max_operands = 1,
	 .options = egress_keep_options},
	{{"rate", NULL},
	 "[in RATE] [out RATE]",
	 "change or list its limits of bandwidth",
	 rate_explanation,
	 CTL_RATE,
	 .max_operands = 4,
	 .options = json_options,
	 .check = bandwidth_check},
	{{"port", "ls"},
	 .summary = "list its published ports",
	 .verb = CTL_PORT_LIST,
	 .options = json_options},
	{{"port", "add"},
	 "RULE...",
	 "publish ports",
	 port_explanation,
	 CTL_PORT_ADD,
	 .min_operands = 1,
	 .max_operands = ANY_NUMBER,
	 .options = port_add_options,
	 .check = check_rules},
	{{"port", "replace"},
	 "RULE...",
	 "publish these ports in place of all others",
	 replace_explanation,
	 CTL_PORT_REPLACE,
	 .min_operands = 1,
	 .max_operands = ANY_NUMBER,
	 .options = port_add_options + 1,
	 .check = check_rules},
	{{"port", "rm"},
	 "RULE|ID...",
	 "stop publishing ports",
	 unport_explanation,
	 CTL_PORT_REMOVE,
	 .max_operands = ANY_NUMBER,
	 .options = port_remove_options,
	 .check = check_rules_or_ids},
};

const struct verb *verbs_table(size_t *ret_count)
{
	*ret_count = G_N_ELEMENTS(table);
	return table;
}
