/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows - netns-ctl NAME flows: a container's connections and exchanges of datagrams */
#include "src/ctl/flows.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/client.h"
#include "src/ctl/container_process.h"
#include "src/ctl/message.h"
#include "src/ctl/socket_owners.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"

#define WATCH_INTERVAL_MS 1000
/* Processes of one flow that the table names. */
#define NAMED_PROCESSES 2

/* --- asking --- */

static bool is_page(JsonObject *page)
{
	JsonNode *node = json_object_get_member(page, "flows");

	if (!node || !JSON_NODE_HOLDS_ARRAY(node))
		return false;
	JsonArray *flows = json_node_get_array(node);
	for (guint i = 0; i < json_array_get_length(flows); i++)
		if (!JSON_NODE_HOLDS_OBJECT(json_array_get_element(flows, i)))
			return false;
	return true;
}

static JsonObject *fetch_page(const char *container, gint64 after, int timeout, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct client_request call = {container, "flows", arguments, timeout};

	json_object_set_int_member(arguments, "after", after);
	g_autoptr(JsonObject) page = client_call(&call, error);
	if (!page)
		return NULL;
	if (is_page(page))
		return g_steal_pointer(&page);
	failure_set(error, EBADMSG, "netns-ctl and netns-forwarder must be of one version",
		    "the flows of container '%s' cannot be understood", container);
	return NULL;
}

JsonArray *flows_fetch(const char *container, int timeout, GError **error)
{
	gint64 deadline = g_get_monotonic_time() / 1000 + timeout, next = 0, after;
	g_autoptr(JsonArray) all = json_array_new();

	do {
		gint64 left = MAX(deadline - g_get_monotonic_time() / 1000, 1);
		after = next;
		g_autoptr(JsonObject) page = fetch_page(container, after, (int)left, error);
		if (!page)
			return NULL;
		JsonArray *flows = json_object_get_array_member(page, "flows");
		for (guint i = 0; i < json_array_get_length(flows); i++)
			json_array_add_element(all,
					       json_node_ref(json_array_get_element(flows, i)));
		next = message_int(page, "next", 0);
	} while (next > after);
	return g_steal_pointer(&all);
}

/* --- processes --- */

static const char *text_of(JsonObject *flow, const char *name)
{
	const char *text = message_string(flow, name);

	return text ? text : "";
}

static bool read_ends(JsonObject *flow, struct socket_ends *ret_ends)
{
	const char *protocol = text_of(flow, "protocol");

	*ret_ends = (struct socket_ends){
		.protocol = g_str_equal(protocol, "tcp") ? IPPROTO_TCP : IPPROTO_UDP,
		.local_port = (uint16_t)message_int(flow, "command_port", 0),
		.remote_port = (uint16_t)message_int(flow, "remote_port", 0),
	};
	return (g_str_equal(protocol, "tcp") || g_str_equal(protocol, "udp")) &&
	       ip_address_parse(text_of(flow, "command_addr"), &ret_ends->local, NULL) &&
	       ip_address_parse(text_of(flow, "remote_addr"), &ret_ends->remote, NULL);
}

static JsonArray *owners_array(const GArray *owners)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < owners->len; i++) {
		const struct socket_owner *owner = &g_array_index(owners, struct socket_owner, i);
		g_autofree char *name = g_utf8_make_valid(owner->name, -1);
		JsonObject *object = json_object_new();
		json_object_set_int_member(object, "pid", owner->pid);
		json_object_set_int_member(object, "host_pid", owner->host_pid);
		json_object_set_string_member(object, "name", name);
		json_array_add_object_element(array, object);
	}
	return array;
}

void flows_add_processes(const char *container, JsonArray *flows)
{
	struct socket_owners *owners = socket_owners_read(container, NULL);

	for (guint i = 0; owners && i < json_array_get_length(flows); i++) {
		JsonObject *flow = json_array_get_object_element(flows, i);
		struct socket_ends ends;
		const GArray *found =
			read_ends(flow, &ends) ? socket_owners_find(owners, &ends) : NULL;
		if (found)
			json_object_set_array_member(flow, "processes", owners_array(found));
	}
	socket_owners_free(owners);
}

/* --- printing --- */

/* "10.0.2.100:443", "[fd00::64]:443"; without the port where there is none. */
static char *end_text(JsonObject *flow, const char *address_name, const char *port_name)
{
	const char *address = text_of(flow, address_name);
	gint64 port = message_int(flow, port_name, 0);
	bool is_v6 = strchr(address, ':') != NULL;

	if (port == 0)
		return g_strdup(address);
	return g_strdup_printf(is_v6 ? "[%s]:%" G_GINT64_FORMAT : "%s:%" G_GINT64_FORMAT, address,
			       port);
}

/* "850ms", "12s", "5m07s", "3h20m", "2d04h" */
static char *age_text(gint64 ms)
{
	gint64 seconds = ms / 1000;

	if (ms < 1000)
		return g_strdup_printf("%dms", (int)MAX(ms, 0));
	if (seconds < 60)
		return g_strdup_printf("%ds", (int)seconds);
	if (seconds < 3600)
		return g_strdup_printf("%dm%02ds", (int)(seconds / 60), (int)(seconds % 60));
	if (seconds < 86400)
		return g_strdup_printf("%dh%02dm", (int)(seconds / 3600), (int)(seconds / 60 % 60));
	return g_strdup_printf("%" G_GINT64_FORMAT "d%02dh", seconds / 86400,
			       (int)(seconds / 3600 % 24));
}

/* "12/nginx,13/nginx,..." */
static char *processes_text(JsonObject *flow)
{
	JsonNode *node = json_object_get_member(flow, "processes");
	GString *text = g_string_new(NULL);

	if (!node || !JSON_NODE_HOLDS_ARRAY(node))
		return g_string_free(g_string_append_c(text, '-'), FALSE);
	JsonArray *processes = json_node_get_array(node);
	guint count = json_array_get_length(processes);
	for (guint i = 0; i < MIN(count, NAMED_PROCESSES); i++) {
		JsonObject *process = json_array_get_object_element(processes, i);
		g_string_append_printf(text, "%s%" G_GINT64_FORMAT "/%s", i ? "," : "",
				       message_int(process, "pid", 0), text_of(process, "name"));
	}
	if (count > NAMED_PROCESSES)
		g_string_append(text, ",...");
	return g_string_free(text, FALSE);
}

static char **table_row(JsonObject *flow)
{
	g_autofree char *local = end_text(flow, "command_addr", "command_port");
	g_autofree char *remote = end_text(flow, "remote_addr", "remote_port");
	g_autofree char *out = terminal_size((guint64)message_int(flow, "bytes_out", 0));
	g_autofree char *in = terminal_size((guint64)message_int(flow, "bytes_in", 0));
	g_autofree char *age = age_text(message_int(flow, "age_ms", 0));
	g_autofree char *processes = processes_text(flow);
	const char *name = message_string(flow, "name");
	const char *const cells[] = {
		text_of(flow, "protocol"),
		text_of(flow, "direction"),
		local,
		remote,
		name ? name : "-",
		text_of(flow, "state"),
		out,
		in,
		age,
		processes,
		NULL,
	};

	return g_strdupv((char **)cells);
}

static char *table_text(JsonArray *flows)
{
	const char *const titles[] = {"PROTO", "DIR", "LOCAL", "REMOTE",  "NAME", "STATE",
				      "OUT",   "IN",  "AGE",   "PROCESS", NULL};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	g_ptr_array_add(rows, g_strdupv((char **)titles));
	for (guint i = 0; i < json_array_get_length(flows); i++)
		g_ptr_array_add(rows, table_row(json_array_get_object_element(flows, i)));
	return terminal_table(rows);
}

static char *flows_text(JsonArray *flows, const struct ctl_options *options)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_ARRAY);

	if (!options->json)
		return table_text(flows);
	json_node_set_array(root, flows);
	return options->watch ? terminal_json_line(root) : terminal_json(root);
}

/* NULL on error. */
static char *read_text(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonArray) flows = flows_fetch(request->container, CLIENT_TIMEOUT, error);

	if (!flows)
		return NULL;
	flows_add_processes(request->container, flows);
	return flows_text(flows, &request->options);
}

/* What stands before a table: a screen is painted over, in a file an empty line parts them. */
static const char *separator(const struct ctl_request *request, bool is_first)
{
	if (request->options.json)
		return "";
	if (isatty(STDOUT_FILENO))
		return "\033[H\033[J";
	return is_first ? "" : "\n";
}

/* Until the container has ended. A forwarder that is being replaced does not answer: next time. */
static bool watch(const struct ctl_request *request, GError **error)
{
	autoclose int launcher = container_process_open_launcher(request->container, error);
	struct pollfd ended = {.fd = launcher, .events = POLLIN};
	bool is_first = true;

	if (launcher < 0)
		return false;
	do {
		g_autofree char *text = read_text(request, is_first ? error : NULL);
		if (!text && is_first)
			return false;
		if (text)
			printf("%s%s", separator(request, is_first), text);
		if (fflush(stdout) != 0)
			return failure_errno(error, "write to standard output");
		is_first = false;
	} while (poll(&ended, 1, WATCH_INTERVAL_MS) == 0);
	return true;
}

static bool print_once(const struct ctl_request *request, GError **error)
{
	g_autofree char *text = read_text(request, error);

	if (!text)
		return false;
	fputs(text, stdout);
	return true;
}

bool flows_print(const struct ctl_request *request, GError **error)
{
	return request->options.watch ? watch(request, error) : print_once(request, error);
}
