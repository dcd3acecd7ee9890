/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stats_metrics - the text format of Prometheus: families once, labels escaped, base units */
#include <string.h>

#include "src/ctl/stats_metrics.h"

static char *metrics(const char *containers)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) root = json_from_string(containers, &error);

	g_assert_no_error(error);
	return stats_metrics_text(json_node_get_array(root));
}

static void test_nothing(void)
{
	g_autofree char *text = metrics("[]");

	g_assert_cmpstr(text, ==, "");
}

static void test_families(void)
{
	g_autofree char *text =
		metrics("[{\"name\":\"a\",\"link\":\"tap\",\"started\":\"2026-01-02T03:04:05Z\","
			"\"cpu\":{\"stat\":{\"user_usec\":1500000,\"system_usec\":1}},"
			"\"memory\":{\"current_bytes\":9007199254740993,\"max_bytes\":null},"
			"\"network\":{\"drops\":{\"tap_full\":3},"
			"\"ports\":[{\"rule\":\"1:2/tcp\",\"flows\":1,\"bytes_in\":5}]}},"
			"{\"name\":\"b\",\"memory\":{\"current_bytes\":1}}]");

	g_assert_cmpstr(
		text, ==,
		"# HELP netns_run_info A running container, and its link.\n"
		"# TYPE netns_run_info gauge\n"
		"netns_run_info{container=\"a\",link=\"tap\"} 1\n"
		"netns_run_info{container=\"b\"} 1\n"
		"# HELP netns_run_start_time_seconds When it was started, since the epoch.\n"
		"# TYPE netns_run_start_time_seconds gauge\n"
		"netns_run_start_time_seconds{container=\"a\"} 1767323045\n"
		"# HELP netns_run_memory_bytes Memory that the container uses.\n"
		"# TYPE netns_run_memory_bytes gauge\n"
		"netns_run_memory_bytes{container=\"a\"} 9007199254740993\n"
		"netns_run_memory_bytes{container=\"b\"} 1\n"
		"# HELP netns_run_cpu_seconds_total Processor time that it has used.\n"
		"# TYPE netns_run_cpu_seconds_total counter\n"
		"netns_run_cpu_seconds_total{container=\"a\",mode=\"user\"} 1.500000\n"
		"netns_run_cpu_seconds_total{container=\"a\",mode=\"system\"} 0.000001\n"
		"# HELP netns_run_drops_total Packets that were not carried.\n"
		"# TYPE netns_run_drops_total counter\n"
		"netns_run_drops_total{container=\"a\",reason=\"tap_full\"} 3\n"
		"# HELP netns_run_port_flows Connections and exchanges through a published port.\n"
		"# TYPE netns_run_port_flows gauge\n"
		"netns_run_port_flows{container=\"a\",rule=\"1:2/tcp\"} 1\n"
		"# HELP netns_run_port_bytes_total Payload through a published port.\n"
		"# TYPE netns_run_port_bytes_total counter\n"
		"netns_run_port_bytes_total{container=\"a\",rule=\"1:2/tcp\",direction=\"in\"} "
		"5\n");
}

/* What a forwarder of another version, or nobody, might say. */
static void test_odd_values(void)
{
	g_autofree char *text = metrics(
		"[{\"name\":\"a\\\"\\\\\\n\",\"memory\":7,\"cpu\":{\"stat\":[]},"
		"\"network\":{\"traffic\":[1],\"drops\":{\"x\":\"1\",\"y\":{}},\"ports\":{\"a\":1},"
		"\"devices\":[3,{\"bytes_in\":1},{\"name\":4,\"bytes_in\":1}]},"
		"\"started\":\"never\",\"pids\":{\"current\":null}}]");

	g_assert_cmpstr(text, ==,
			"# HELP netns_run_info A running container, and its link.\n"
			"# TYPE netns_run_info gauge\n"
			"netns_run_info{container=\"a\\\"\\\\\\n\"} 1\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stats_metrics/nothing", test_nothing);
	g_test_add_func("/stats_metrics/families", test_families);
	g_test_add_func("/stats_metrics/odd-values", test_odd_values);
	return g_test_run();
}
