/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats_table - the stats of one container as lines for people */
#include "src/ctl/stats_table.h"

#include "src/ctl/message.h"
#include "src/ctl/terminal.h"

/* A line of the table: a member of the launcher's answer, by its path. */
struct row {
	const char *title, *path;
	char *(*text)(JsonNode *value);
};

static char *plain_text(JsonNode *value)
{
	if (json_node_get_value_type(value) == JSON_VALUE_STRING)
		return g_strdup(json_node_get_string(value));
	return json_to_string(value, FALSE);
}

static char *size_text(JsonNode *value)
{
	gint64 bytes = json_node_get_int(value);

	return bytes < 0 ? plain_text(value) : terminal_size((guint64)bytes);
}

static char *time_text(JsonNode *value)
{
	return g_strdup_printf("%.3fs", (double)json_node_get_int(value) / G_USEC_PER_SEC);
}

static const struct row table[] = {
	{"memory", "memory.current_bytes", size_text},
	{"memory, peak", "memory.peak_bytes", size_text},
	{"memory, limit", "memory.max_bytes", size_text},
	{"memory, killed for want of it", "memory.events.oom_kill", plain_text},
	{"swap", "memory.swap_bytes", size_text},
	{"swap, limit", "memory.swap_max_bytes", size_text},
	{"cpu time", "cpu.stat.usage_usec", time_text},
	{"cpu time, user", "cpu.stat.user_usec", time_text},
	{"cpu time, system", "cpu.stat.system_usec", time_text},
	{"cpu time, throttled", "cpu.stat.throttled_usec", time_text},
	{"cpu, quota and period in us", "cpu.max", plain_text},
	{"cpus", "cpu.cpus", plain_text},
	{"processes", "pids.current", plain_text},
	{"processes, peak", "pids.peak", plain_text},
	{"processes, limit", "pids.max", plain_text},
	{"paused", "paused", plain_text},
	{"tcp, connections", "network.traffic.tcp.flows", plain_text},
	{"tcp, connections in all", "network.traffic.tcp.flows_total", plain_text},
	{"tcp, sent", "network.traffic.tcp.bytes_out", size_text},
	{"tcp, received", "network.traffic.tcp.bytes_in", size_text},
	{"udp, flows", "network.traffic.udp.flows", plain_text},
	{"udp, flows in all", "network.traffic.udp.flows_total", plain_text},
	{"udp, sent", "network.traffic.udp.bytes_out", size_text},
	{"udp, received", "network.traffic.udp.bytes_in", size_text},
	{"icmp, sent", "network.traffic.icmp.bytes_out", size_text},
	{"icmp, received", "network.traffic.icmp.bytes_in", size_text},
	{"dns, questions", "network.dns.questions", plain_text},
	{"dns, unanswered", "network.dns.failed", plain_text},
	{"forbidden and told so", "network.drops.policy_rejected", plain_text},
	{"forbidden and dropped", "network.drops.policy_dropped", plain_text},
	{"forwarder, memory", "forwarder.rss_bytes", size_text},
	{"forwarder, cpu time", "forwarder.cpu_usec", time_text},
	{"forwarder, descriptors", "forwarder.fds", plain_text},
	{"forwarder, restarts", "forwarder.restarts", plain_text},
	{"forwarder, upgrades", "forwarder.upgrades", plain_text},
};

JsonNode *stats_find(JsonObject *object, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, ".", -1);
	char **name = names;

	for (; object && name[1]; name++)
		object = message_object(object, *name);
	return object ? json_object_get_member(object, *name) : NULL;
}

/* A limit that is none is null. */
static char *value_text(const struct row *row, JsonNode *value)
{
	if (JSON_NODE_HOLDS_NULL(value))
		return g_strdup("none");
	if (row->text != plain_text && json_node_get_value_type(value) != JSON_VALUE_INT64)
		return plain_text(value);
	return row->text(value);
}

static char *figures(JsonObject *stats)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		JsonNode *value = stats_find(stats, table[i].path);
		if (!value)
			continue;
		g_autofree char *text = value_text(&table[i], value);
		const char *const cells[] = {table[i].title, text, NULL};
		g_ptr_array_add(rows, g_strdupv((char **)cells));
	}
	return terminal_table(rows);
}

static char **port_row(JsonObject *port)
{
	const char *rule = message_string(port, "rule");
	g_autofree char *now = g_strdup_printf("%" G_GINT64_FORMAT, message_int(port, "flows", 0));
	g_autofree char *in_all =
		g_strdup_printf("%" G_GINT64_FORMAT, message_int(port, "flows_total", 0));
	g_autofree char *out = terminal_size((guint64)message_int(port, "bytes_out", 0));
	g_autofree char *in = terminal_size((guint64)message_int(port, "bytes_in", 0));
	const char *const cells[] = {rule ? rule : "?", now, in_all, out, in, NULL};

	return g_strdupv((char **)cells);
}

/* "" where no port is published. */
static char *ports_text(JsonObject *stats)
{
	const char *const titles[] = {"PORT", "FLOWS", "TOTAL", "OUT", "IN", NULL};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	JsonNode *ports = stats_find(stats, "network.ports");
	JsonArray *array = ports ? json_node_get_array(ports) : NULL;

	g_ptr_array_add(rows, g_strdupv((char **)titles));
	for (unsigned i = 0; array && i < json_array_get_length(array); i++) {
		JsonObject *port = json_array_get_object_element(array, i);
		if (port)
			g_ptr_array_add(rows, port_row(port));
	}
	return rows->len > 1 ? terminal_table(rows) : g_strdup("");
}

char *stats_table_text(JsonObject *stats)
{
	g_autofree char *lines = figures(stats);
	g_autofree char *ports = ports_text(stats);

	return g_strconcat(lines, ports[0] ? "\n" : "", ports, NULL);
}
