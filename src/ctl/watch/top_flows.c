/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_flows - the flows of a container, as its forwarder tells of them */
#include "src/ctl/watch/top_flows.h"

#include <string.h>

#include "src/ctl/client.h"
#include "src/ctl/flows.h"
#include "src/ctl/message.h"
#include "src/ctl/watch/top_sample.h"

gint64 top_flows_count(const char *container, int timeout)
{
	static const char *const protocols[] = {"tcp", "udp", "icmp"};
	const struct client_request call = {container, "stats", NULL, timeout};
	g_autoptr(JsonObject) stats = client_call(&call, NULL);
	JsonObject *traffic = stats ? message_object(stats, "traffic") : NULL;
	gint64 count = 0;

	if (!traffic)
		return -1;
	for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
		JsonObject *protocol = message_object(traffic, protocols[i]);
		count += protocol ? MAX(message_int(protocol, "flows", 0), 0) : 0;
	}
	return count;
}

/* "ADDRESS:PORT"; without a port for what has none. */
static char *endpoint(const char *address, gint64 port)
{
	if (port <= 0)
		return g_strdup(address);
	return g_strdup_printf(strchr(address, ':') ? "[%s]:%" G_GINT64_FORMAT
						    : "%s:%" G_GINT64_FORMAT,
			       address, port);
}

/* "NAME[PID]" of the first that holds its socket, "" where nobody is known to. */
static char *process_text(JsonObject *flow)
{
	JsonArray *processes = json_object_get_array_member(flow, "processes");
	JsonObject *first = processes ? json_array_get_object_element(processes, 0) : NULL;
	const char *name = first ? message_string(first, "name") : NULL;

	return name ? g_strdup_printf("%s[%" G_GINT64_FORMAT "]", name,
				      message_int(first, "pid", 0))
		    : g_strdup("");
}

static struct top_flow *parse_flow(JsonObject *object)
{
	const char *protocol = message_string(object, "protocol");
	const char *state = message_string(object, "state");
	const char *address = message_string(object, "remote_addr");
	const char *name = message_string(object, "name");
	gint64 local_port = message_int(object, "command_port", 0);

	if (!protocol || !address)
		return NULL;
	struct top_flow *flow = g_new(struct top_flow, 1);
	*flow = (struct top_flow){
		.id = (guint64)message_int(object, "id", 0),
		.protocol = g_strdup(protocol),
		.local = local_port > 0 ? g_strdup_printf(":%" G_GINT64_FORMAT, local_port)
					: g_strdup(""),
		.remote = endpoint(name ? name : address, message_int(object, "remote_port", 0)),
		.state = g_strdup(state ? state : ""),
		.process = process_text(object),
		.is_incoming = g_strcmp0(message_string(object, "direction"), "in") == 0,
		.age = (double)message_int(object, "age_ms", 0) / 1000,
		.up = (guint64)message_int(object, "bytes_out", 0),
		.down = (guint64)message_int(object, "bytes_in", 0),
	};
	return flow;
}

GPtrArray *top_flows_parse(JsonArray *array)
{
	GPtrArray *flows = g_ptr_array_new_with_free_func((GDestroyNotify)top_flow_free);

	for (unsigned i = 0; i < json_array_get_length(array); i++) {
		JsonObject *object = json_array_get_object_element(array, i);
		struct top_flow *flow = object ? parse_flow(object) : NULL;
		if (flow)
			g_ptr_array_add(flows, flow);
	}
	return flows;
}

GPtrArray *top_flows_fetch(const char *container, int timeout)
{
	g_autoptr(JsonArray) array = flows_fetch(container, timeout, NULL);

	if (!array)
		return NULL;
	flows_add_processes(container, array);
	return top_flows_parse(array);
}
