/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats_metrics - the stats of containers in Prometheus's text format */
#include "src/ctl/stats_metrics.h"

#include <string.h>

#include "src/ctl/message.h"
#include "src/ctl/stats_table.h"

/*
 * How it works
 *
 * A family has one or two sources, each a path into a container's object. The path leads to a
 * number; or, where the source has a label, to an object or an array of which each member or
 * element gives a sample: the label's value is the member's name, or the element's member
 * `label_from`, and the number is its member `member`.
 */

struct source {
	const char *path;
	const char *label, *label_from, *member;
	const char *extra; /* one more label, as it is written; or NULL */
};

struct family {
	const char *name, *type, *help;
	double unit; /* what 1 is in base units; 0: an integer as it is */
	struct source sources[2];
};

#define MICROSECOND 1e-6
#define IN	    "direction=\"in\""
#define OUT	    "direction=\"out\""

static const struct family families[] = {
	{"netns_run_memory_bytes",
	 "gauge",
	 "Memory that the container uses.",
	 0,
	 {{.path = "memory.current_bytes"}}},
	{"netns_run_memory_peak_bytes",
	 "gauge",
	 "Most memory that it has used.",
	 0,
	 {{.path = "memory.peak_bytes"}}},
	{"netns_run_memory_limit_bytes",
	 "gauge",
	 "Memory that it may use.",
	 0,
	 {{.path = "memory.max_bytes"}}},
	{"netns_run_swap_bytes",
	 "gauge",
	 "Swap space that it uses.",
	 0,
	 {{.path = "memory.swap_bytes"}}},
	{"netns_run_oom_kills_total",
	 "counter",
	 "Processes killed for want of memory.",
	 0,
	 {{.path = "memory.events.oom_kill"}}},
	{"netns_run_cpu_seconds_total",
	 "counter",
	 "Processor time that it has used.",
	 MICROSECOND,
	 {{.path = "cpu.stat.user_usec", .extra = "mode=\"user\""},
	  {.path = "cpu.stat.system_usec", .extra = "mode=\"system\""}}},
	{"netns_run_cpu_throttled_seconds_total",
	 "counter",
	 "Time for which its limit held it up.",
	 MICROSECOND,
	 {{.path = "cpu.stat.throttled_usec"}}},
	{"netns_run_processes", "gauge", "Processes and threads.", 0, {{.path = "pids.current"}}},
	{"netns_run_processes_limit",
	 "gauge",
	 "Processes and threads that it may have.",
	 0,
	 {{.path = "pids.max"}}},
	{"netns_run_device_bytes_total",
	 "counter",
	 "Bytes through a network device, with all headers, as the kernel counts them.",
	 0,
	 {{"network.devices", "device", "name", "bytes_in", IN},
	  {"network.devices", "device", "name", "bytes_out", OUT}}},
	{"netns_run_device_packets_total",
	 "counter",
	 "Packets through a network device, as the kernel counts them.",
	 0,
	 {{"network.devices", "device", "name", "packets_in", IN},
	  {"network.devices", "device", "name", "packets_out", OUT}}},
	{"netns_run_device_drops_total",
	 "counter",
	 "Packets that a network device dropped.",
	 0,
	 {{"network.devices", "device", "name", "drops_in", IN},
	  {"network.devices", "device", "name", "drops_out", OUT}}},
	{"netns_run_flows",
	 "gauge",
	 "Connections and exchanges of datagrams.",
	 0,
	 {{"network.traffic", "protocol", NULL, "flows", NULL}}},
	{"netns_run_flows_opened_total",
	 "counter",
	 "Connections and exchanges that were begun.",
	 0,
	 {{"network.traffic", "protocol", NULL, "flows_total", NULL}}},
	{"netns_run_payload_bytes_total",
	 "counter",
	 "Bytes that it got or sent, without the headers of transport and network.",
	 0,
	 {{"network.traffic", "protocol", NULL, "bytes_in", IN},
	  {"network.traffic", "protocol", NULL, "bytes_out", OUT}}},
	{"netns_run_drops_total",
	 "counter",
	 "Packets that were not carried.",
	 0,
	 {{"network.drops", "reason", NULL, NULL, NULL}}},
	{"netns_run_port_flows",
	 "gauge",
	 "Connections and exchanges through a published port.",
	 0,
	 {{"network.ports", "rule", "rule", "flows", NULL}}},
	{"netns_run_port_flows_opened_total",
	 "counter",
	 "Connections and exchanges that came in through a published port.",
	 0,
	 {{"network.ports", "rule", "rule", "flows_total", NULL}}},
	{"netns_run_port_bytes_total",
	 "counter",
	 "Payload through a published port.",
	 0,
	 {{"network.ports", "rule", "rule", "bytes_in", IN},
	  {"network.ports", "rule", "rule", "bytes_out", OUT}}},
	{"netns_run_forwarder_memory_bytes",
	 "gauge",
	 "Resident memory of the forwarder.",
	 0,
	 {{.path = "forwarder.rss_bytes"}}},
	{"netns_run_forwarder_cpu_seconds_total",
	 "counter",
	 "Processor time of the forwarder.",
	 MICROSECOND,
	 {{.path = "forwarder.cpu_usec"}}},
	{"netns_run_forwarder_fds",
	 "gauge",
	 "Open file descriptors of the forwarder.",
	 0,
	 {{.path = "forwarder.fds"}}},
	{"netns_run_forwarder_fds_limit",
	 "gauge",
	 "File descriptors that it may have open.",
	 0,
	 {{.path = "forwarder.fds_max"}}},
	{"netns_run_forwarder_restarts_total",
	 "counter",
	 "How often the forwarder had died and was replaced.",
	 0,
	 {{.path = "forwarder.restarts"}}},
	{"netns_run_forwarder_upgrades_total",
	 "counter",
	 "How often the forwarder gave way to a newer one.",
	 0,
	 {{.path = "forwarder.upgrades"}}},
};

/* A family in the making. Its head is written before the first sample. */
struct output {
	GString *text;
	const struct family *family;
	bool has_head;
};

/* Backslash, quote and newline, as the format has it; the text is UTF-8 already. */
static void append_label(GString *text, const char *name, const char *value)
{
	g_string_append_printf(text, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			g_string_append(text, "\\n");
		else if (*value == '\\' || *value == '"')
			g_string_append_printf(text, "\\%c", *value);
		else
			g_string_append_c(text, *value);
	}
	g_string_append_c(text, '"');
}

static void begin_sample(struct output *output, const char *container)
{
	const struct family *family = output->family;

	if (!output->has_head)
		g_string_append_printf(output->text, "# HELP %s %s\n# TYPE %s %s\n", family->name,
				       family->help, family->name, family->type);
	output->has_head = true;
	g_string_append_printf(output->text, "%s{", family->name);
	append_label(output->text, "container", container);
}

static void append_value(struct output *output, gint64 value)
{
	char buffer[G_ASCII_DTOSTR_BUF_SIZE];

	if (output->family->unit == 0)
		g_string_append_printf(output->text, "} %" G_GINT64_FORMAT "\n", value);
	else
		g_string_append_printf(output->text, "} %s\n",
				       g_ascii_formatd(buffer, sizeof(buffer), "%.6f",
						       (double)value * output->family->unit));
}

/* One sample, unless value is no number. label and extra may be NULL. */
static void add_sample(struct output *output, const char *container, const struct source *source,
		       const char *label_value, const JsonNode *value)
{
	if (!value || json_node_get_value_type(value) != JSON_VALUE_INT64)
		return;
	begin_sample(output, container);
	if (source->label) {
		g_string_append_c(output->text, ',');
		append_label(output->text, source->label, label_value);
	}
	if (source->extra)
		g_string_append_printf(output->text, ",%s", source->extra);
	append_value(output, json_node_get_int(value));
}

static void add_members(struct output *output, const char *container, const struct source *source,
			JsonObject *object)
{
	g_autoptr(GList) names = json_object_get_members(object);

	for (GList *name = names; name; name = name->next) {
		JsonNode *value = json_object_get_member(object, name->data);
		if (source->member)
			value = json_object_get_member(value, source->member);
		add_sample(output, container, source, name->data, value);
	}
}

static void add_elements(struct output *output, const char *container, const struct source *source,
			 JsonArray *array)
{
	for (unsigned i = 0; i < json_array_get_length(array); i++) {
		JsonObject *element = json_array_get_object_element(array, i);
		const char *label = element ? message_string(element, source->label_from) : NULL;
		if (label)
			add_sample(output, container, source, label,
				   json_object_get_member(element, source->member));
	}
}

static void add_source(struct output *output, JsonObject *stats, const struct source *source)
{
	const char *container = message_string(stats, "name");
	JsonNode *found = stats_find(stats, source->path);

	if (!found)
		return;
	if (!source->label)
		add_sample(output, container, source, NULL, found);
	else if (source->label_from && JSON_NODE_HOLDS_ARRAY(found))
		add_elements(output, container, source, json_node_get_array(found));
	else if (!source->label_from && JSON_NODE_HOLDS_OBJECT(found))
		add_members(output, container, source, json_node_get_object(found));
}

static void add_family(GString *text, const struct family *family, JsonArray *containers)
{
	struct output output = {.text = text, .family = family};

	for (unsigned i = 0; i < json_array_get_length(containers); i++) {
		JsonObject *stats = json_array_get_object_element(containers, i);
		for (size_t s = 0; s < G_N_ELEMENTS(family->sources); s++)
			if (family->sources[s].path)
				add_source(&output, stats, &family->sources[s]);
	}
}

/* What containers are: the sample is always 1, the labels tell. */
static void add_info(GString *text, JsonArray *containers)
{
	static const struct family family = {.name = "netns_run_info",
					     .type = "gauge",
					     .help = "A running container, and its link."};
	struct output output = {.text = text, .family = &family};

	for (unsigned i = 0; i < json_array_get_length(containers); i++) {
		JsonObject *stats = json_array_get_object_element(containers, i);
		const char *link = message_string(stats, "link");

		begin_sample(&output, message_string(stats, "name"));
		if (link) {
			g_string_append_c(text, ',');
			append_label(text, "link", link);
		}
		append_value(&output, 1);
	}
}

static void add_start_time(GString *text, JsonArray *containers)
{
	static const struct family family = {.name = "netns_run_start_time_seconds",
					     .type = "gauge",
					     .help = "When it was started, since the epoch."};
	struct output output = {.text = text, .family = &family};

	for (unsigned i = 0; i < json_array_get_length(containers); i++) {
		JsonObject *stats = json_array_get_object_element(containers, i);
		const char *started = message_string(stats, "started");
		g_autoptr(GDateTime) time =
			started ? g_date_time_new_from_iso8601(started, NULL) : NULL;

		if (!time)
			continue;
		begin_sample(&output, message_string(stats, "name"));
		append_value(&output, g_date_time_to_unix(time));
	}
}

char *stats_metrics_text(JsonArray *containers)
{
	GString *text = g_string_new(NULL);

	add_info(text, containers);
	add_start_time(text, containers);
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
		add_family(text, &families[i], containers);
	return g_string_free(text, FALSE);
}
