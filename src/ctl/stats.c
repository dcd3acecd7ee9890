/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats - netns-ctl [NAME] stats: what containers use, and what goes through their networks */
#include "src/ctl/stats.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/ctl/client.h"
#include "src/ctl/container_process.h"
#include "src/ctl/message.h"
#include "src/ctl/net_devices.h"
#include "src/ctl/proc_file.h"
#include "src/ctl/session.h"
#include "src/ctl/stats_metrics.h"
#include "src/ctl/stats_table.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "src/state_dir.h"

/* --- asking --- */

/* The forwarder's members that are of the network; "forwarder" stands beside it. */
static const char *const network_members[] = {"traffic", "tap", "drops", "rates", "dns", "ports"};

static JsonArray *read_devices(const char *container)
{
	autocontainer struct container_process *command = container_process_open(container, NULL);
	g_autofree char *text = command ? proc_file_read(command->proc, "net/dev", NULL) : NULL;

	return net_devices_parse(text ? text : "");
}

/* How often it was replaced is for the launcher to know. */
static void add_lives(JsonObject *process, const char *container)
{
	static const char *const members[] = {"restarts", "upgrades"};
	g_autofree char *text = state_dir_read(container, NULL);
	g_autoptr(JsonObject) state = text ? message_parse(text, strlen(text)) : NULL;
	JsonObject *forwarder = state ? message_object(state, "forwarder") : NULL;

	for (size_t i = 0; forwarder && i < G_N_ELEMENTS(members); i++)
		json_object_set_int_member(process, members[i],
					   message_int(forwarder, members[i], 0));
}

static void add_network(JsonObject *stats, const char *container, JsonObject *forwarder)
{
	JsonObject *network = json_object_new();

	json_object_set_array_member(network, "devices", read_devices(container));
	for (size_t i = 0; i < G_N_ELEMENTS(network_members); i++) {
		JsonNode *member = json_object_dup_member(forwarder, network_members[i]);
		if (member)
			json_object_set_member(network, network_members[i], member);
	}
	json_object_set_object_member(stats, "network", network);
	JsonObject *process = message_object(forwarder, "forwarder");
	if (!process)
		return;
	add_lives(process, container);
	json_object_set_member(stats, "forwarder", json_node_ref(process));
}

JsonObject *stats_fetch(const char *container, int timeout, GError **error)
{
	const struct client_request call = {container, "stats", NULL, timeout};
	g_autoptr(GError) no_launcher = NULL, no_forwarder = NULL;
	g_autoptr(JsonObject) launcher = session_call(&call, &no_launcher);
	g_autoptr(JsonObject) forwarder = client_call(&call, &no_forwarder);

	if (!launcher && !forwarder) {
		/* Without a network the cgroup is what could have been told of. */
		bool has_network = no_forwarder->code != EOPNOTSUPP;
		GError **told = has_network ? &no_forwarder : &no_launcher;
		g_propagate_error(error, g_steal_pointer(told));
		return NULL;
	}
	JsonObject *stats = launcher ? g_steal_pointer(&launcher) : json_object_new();
	if (forwarder)
		add_network(stats, container, forwarder);
	return stats;
}

/* --- printing --- */

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_PROMETHEUS };

static const char *const formats[] = {"text", "json", "prometheus", NULL};

bool stats_check_format(const char *format, GError **error)
{
	if (!format || g_strv_contains(formats, format))
		return true;
	failure_set(error, 0, "take text, json or prometheus", "'%s' is not a format of stats",
		    format);
	return false;
}

static enum format format_of(const struct ctl_options *options)
{
	if (options->json)
		return FORMAT_JSON;
	for (int i = 0; options->format && formats[i]; i++)
		if (g_str_equal(options->format, formats[i]))
			return (enum format)i;
	return FORMAT_TEXT;
}

/* "name", "link" and "started" of the state file, for what is told of many containers. */
static JsonObject *with_state(const char *container, JsonObject *stats)
{
	static const char *const members[] = {"link", "started"};
	JsonObject *whole = json_object_new();
	g_autofree char *text = state_dir_read(container, NULL);
	g_autoptr(JsonObject) state = text ? message_parse(text, strlen(text)) : NULL;
	g_autoptr(GList) names = stats ? json_object_get_members(stats) : NULL;

	json_object_set_string_member(whole, "name", container);
	for (size_t i = 0; state && i < G_N_ELEMENTS(members); i++) {
		const char *value = message_string(state, members[i]);
		if (value)
			json_object_set_string_member(whole, members[i], value);
	}
	for (GList *name = names; name; name = name->next)
		json_object_set_member(whole, name->data,
				       json_object_dup_member(stats, name->data));
	return whole;
}

/* Of one container; the caller owns the text. NULL on error. */
static char *one_text(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) stats = stats_fetch(request->container, CLIENT_TIMEOUT, error);

	if (!stats)
		return NULL;
	if (format_of(&request->options) == FORMAT_TEXT)
		return stats_table_text(stats);
	if (format_of(&request->options) == FORMAT_JSON)
		return terminal_json(stats);
	g_autoptr(JsonArray) containers = json_array_new();
	json_array_add_object_element(containers, with_state(request->container, stats));
	return stats_metrics_text(containers);
}

static char *all_as_text(JsonArray *containers)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < json_array_get_length(containers); i++) {
		JsonObject *stats = json_array_get_object_element(containers, i);
		g_autofree char *table = stats_table_text(stats);
		g_string_append_printf(text, "%s%s:\n%s", i ? "\n" : "",
				       json_object_get_string_member(stats, "name"), table);
	}
	return g_string_free(text, FALSE);
}

/* Of all that run: who does not answer is named, and no more. NULL on error. */
static char *all_text(const struct ctl_request *request, GError **error)
{
	g_autoptr(GPtrArray) names = state_dir_list(error);
	g_autoptr(JsonArray) containers = json_array_new();

	for (guint i = 0; names && i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autoptr(GError) failure = NULL;
		g_autoptr(JsonObject) stats = stats_fetch(name, CLIENT_SHORT_TIMEOUT, &failure);

		if (stats || failure->code != ENOENT)
			json_array_add_object_element(containers, with_state(name, stats));
	}
	if (!names)
		return NULL;
	if (format_of(&request->options) == FORMAT_PROMETHEUS)
		return stats_metrics_text(containers);
	return format_of(&request->options) == FORMAT_JSON ? terminal_json(containers)
							   : all_as_text(containers);
}

bool stats_print(const struct ctl_request *request, GError **error)
{
	g_autofree char *text =
		request->container ? one_text(request, error) : all_text(request, error);

	if (!text)
		return false;
	fputs(text, stdout);
	return true;
}
