/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_sample - what netns-ctl top knows of one container at one moment */
#include "src/ctl/watch/top_sample.h"

#include <string.h>

#include "src/json.h"

#include "src/ctl/container_process.h"
#include "src/ctl/message.h"
#include "src/ctl/net_devices.h"
#include "src/ctl/proc_file.h"
#include "src/ctl/process_list.h"
#include "src/ctl/watch/top_flows.h"
#include "src/state_dir.h"

/*
 * How it works
 *
 * Traffic is what the container's interface counts, which the kernel tells whatever has become of
 * the forwarder. Only the flows are asked from the forwarder, which may be stopped.
 */

/* For one answer of the forwarder, in milliseconds. */
#define FLOWS_TIMEOUT_MS 500

void top_flow_free(struct top_flow *flow)
{
	g_free(flow->protocol);
	g_free(flow->local);
	g_free(flow->remote);
	g_free(flow->state);
	g_free(flow->process);
	g_free(flow);
}

void top_sample_free(struct top_sample *sample)
{
	if (!sample)
		return;
	g_free(sample->name);
	g_free(sample->link);
	g_free(sample->command);
	g_ptr_array_unref(sample->flows);
	g_free(sample);
}

/* --- traffic --- */

static void take_traffic(struct top_sample *sample, const char *interface)
{
	autocontainer struct container_process *process =
		interface ? container_process_open(sample->name, NULL) : NULL;
	g_autofree char *text = process ? proc_file_read(process->proc, "net/dev", NULL) : NULL;
	g_autoptr(JsonArray) devices = text ? net_devices_parse(text) : json_array_new();

	for (unsigned i = 0; i < json_array_get_length(devices); i++) {
		JsonObject *device = json_array_get_object_element(devices, i);
		if (g_strcmp0(message_string(device, "name"), interface) != 0)
			continue;
		sample->has_traffic = true;
		sample->up = (guint64)message_int(device, "bytes_out", 0);
		sample->down = (guint64)message_int(device, "bytes_in", 0);
	}
}

static void take_processes(struct top_sample *sample)
{
	g_autoptr(GArray) entries = process_list_read(sample->name, NULL);

	sample->has_processes = entries;
	sample->n_processes = entries ? entries->len : 0;
	for (unsigned i = 0; i < sample->n_processes; i++) {
		const struct process_entry *entry =
			&g_array_index(entries, struct process_entry, i);
		sample->memory += entry->rss;
		sample->cpu += entry->seconds;
	}
}

/* --- what the launcher has written --- */

static char *join_words(JsonObject *state)
{
	JsonNode *node = json_object_get_member(state, "command");
	JsonArray *words = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; words && i < json_array_get_length(words); i++) {
		JsonNode *word = json_array_get_element(words, i);
		if (json_node_get_value_type(word) == JSON_VALUE_STRING)
			g_string_append_printf(text, "%s%s", i ? " " : "",
					       json_node_get_string(word));
	}
	return g_string_free(text, FALSE);
}

static gint64 age_of(JsonObject *state)
{
	const char *text = message_string(state, "started");
	g_autoptr(GDateTime) started = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	return started ? MAX(g_date_time_difference(now, started) / G_TIME_SPAN_SECOND, 0) : -1;
}

/* As the container would tell: "gateway", "tap", "none", "host". */
static const char *link_of(JsonObject *state)
{
	const char *link = message_string(state, "link");
	const char *network = message_string(state, "net");

	return link ? link : network ? network : "?";
}

static void take_flows(struct top_sample *sample, bool with_flows)
{
	GPtrArray *flows = with_flows ? top_flows_fetch(sample->name, FLOWS_TIMEOUT_MS) : NULL;

	if (flows)
		sample->n_flows = flows->len;
	else
		sample->n_flows = with_flows ? -1 : top_flows_count(sample->name, FLOWS_TIMEOUT_MS);
	if (flows) {
		g_ptr_array_unref(sample->flows);
		sample->flows = flows;
	}
}

struct top_sample *top_sample_take(const char *container, bool with_flows)
{
	g_autofree char *text = state_dir_read(container, NULL);
	g_autoptr(JsonObject) state = text ? message_parse(text, strlen(text)) : NULL;

	if (!state)
		return NULL;
	struct top_sample *sample = g_new(struct top_sample, 1);
	const char *interface = message_string(state, "ifname");
	*sample = (struct top_sample){
		.name = g_strdup(container),
		.link = g_strdup(link_of(state)),
		.command = join_words(state),
		.age = age_of(state),
		.flows = g_ptr_array_new_with_free_func((GDestroyNotify)top_flow_free),
	};
	if (interface)
		take_flows(sample, with_flows);
	take_processes(sample);
	/* Last, and at that time. */
	take_traffic(sample, interface);
	sample->time = g_get_monotonic_time();
	return sample;
}
