/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_control_flows - the control verbs flows and stats */
#include <string.h>

#include "tests/unit/control_fixture.h"

static void add_flow(struct control_fixture *fixture, uint64_t id, bool is_incoming)
{
	struct flow_record record = {
		.identity = {.id = id,
			     .since_us = g_get_monotonic_time() - 5000,
			     .is_incoming = is_incoming,
			     .ends = {.command_port = 40000, .remote_port = 443}},
		.protocol = IPPROTO_TCP,
		.state = FLOW_ESTABLISHED,
		.bytes_from_command = 10,
		.bytes_to_command = G_GUINT64_CONSTANT(5000000000),
	};

	g_assert_true(ip_address_parse("10.0.2.100", &record.identity.ends.command, NULL));
	g_assert_true(ip_address_parse("192.0.2.1", &record.identity.ends.remote, NULL));
	g_array_append_val(fixture->flows, record);
}

/* The object behind "return", or NULL; the caller owns it. */
static JsonObject *execute(const struct control_fixture *fixture, const char *request)
{
	g_autofree char *reply = control_fixture_execute(fixture, request);
	g_autoptr(JsonNode) root = json_from_string(reply, NULL);
	JsonNode *result = json_object_get_member(json_node_get_object(root), "return");

	return result ? json_node_dup_object(result) : NULL;
}

/* An answer with www.example.org's address 192.0.2.1 (RFC 1035). */
static const uint8_t answer[] = "\0\1\x81\x80\0\1\0\1\0\0\0\0\3www\7example\3org\0\0\1\0\1"
				"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";

static void test_members(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	add_flow(&fixture, 7, true);
	name_table_learn(ledger_names(fixture.ledger), answer, sizeof(answer) - 1);
	g_autoptr(JsonObject) result = execute(&fixture, "{\"execute\":\"flows\"}");
	JsonArray *flows = json_object_get_array_member(result, "flows");
	g_assert_cmpuint(json_array_get_length(flows), ==, 1);
	JsonObject *flow = json_array_get_object_element(flows, 0);
	g_assert_cmpint(json_object_get_int_member(flow, "age_ms"), >=, 5);
	json_object_remove_member(flow, "age_ms");
	g_autoptr(JsonNode) node = json_node_ref(json_array_get_element(flows, 0));
	g_autofree char *text = json_to_string(node, FALSE);
	g_assert_cmpstr(text, ==,
			"{\"id\":7,\"protocol\":\"tcp\",\"direction\":\"in\",\"state\":"
			"\"established\",\"command_addr\":\"10.0.2.100\",\"command_port\":40000,"
			"\"remote_addr\":\"192.0.2.1\",\"remote_port\":443,\"name\":"
			"\"www.example.org\",\"bytes_out\":10,\"bytes_in\":5000000000}");
	g_assert_false(json_object_has_member(result, "next"));
	control_fixture_done(&fixture);
}

static void test_pages(void)
{
	struct control_fixture fixture;
	gint64 next = 0, seen = 0;

	control_fixture_init(&fixture);
	for (uint64_t id = 1000; id > 0; id--)
		add_flow(&fixture, id, false);
	do {
		g_autofree char *request = g_strdup_printf(
			"{\"execute\":\"flows\",\"arguments\":{\"after\":%" G_GINT64_FORMAT "}}",
			next);
		g_autoptr(JsonObject) result = execute(&fixture, request);
		JsonArray *flows = json_object_get_array_member(result, "flows");
		for (guint i = 0; i < json_array_get_length(flows); i++)
			g_assert_cmpint(json_object_get_int_member(
						json_array_get_object_element(flows, i), "id"),
					==, ++seen);
		next = json_object_get_int_member_with_default(result, "next", 0);
		g_assert_true(next == 0 || next == seen);
	} while (next);
	g_assert_cmpint(seen, ==, 1000);
	control_fixture_done(&fixture);
}

static void test_bad_arguments(void)
{
	static const char *const requests[] = {
		"{\"execute\":\"flows\",\"arguments\":{\"after\":-1}}",
		"{\"execute\":\"flows\",\"arguments\":{\"limit\":-1}}",
		"{\"execute\":\"flows\",\"arguments\":{\"limit\":\"9\"}}",
		"{\"execute\":\"flows\",\"arguments\":{\"limit\":2.5}}",
	};
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++)
		g_assert_null(execute(&fixture, requests[i]));
	control_fixture_done(&fixture);
}

static struct port_tally *open_guest(const struct control_fixture *fixture, int protocol,
				     const char *text, uint16_t port)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return ledger_open_guest(fixture->ledger, protocol, &address, port);
}

static void test_ports(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	g_autoptr(JsonObject) published = execute(
		&fixture, "{\"execute\":\"publish\",\"arguments\":{\"rule\":\"8000-8001:80-81\"}}");
	g_assert_nonnull(published);
	struct port_tally *tallies[] = {
		ledger_open_rule(fixture.ledger, 1),
		open_guest(&fixture, IPPROTO_TCP, "10.0.2.100", 80),
	};
	g_assert_null(open_guest(&fixture, IPPROTO_UDP, "10.0.2.100", 80));
	g_assert_null(open_guest(&fixture, IPPROTO_TCP, "10.0.2.100", 82));
	g_assert_null(open_guest(&fixture, IPPROTO_TCP, "10.0.2.99", 80));
	g_assert_true(tallies[0] == tallies[1]);
	port_tally_count(tallies[0], 1, 2);
	port_tally_count(tallies[1], 10, 20);
	port_tally_close(tallies[1]);
	g_autoptr(JsonObject) stats = execute(&fixture, "{\"execute\":\"stats\"}");
	g_assert_cmpint(json_object_get_int_member(stats, "sum"), ==, 42);
	g_autoptr(JsonNode) ports = json_node_copy(json_object_get_member(stats, "ports"));
	g_autofree char *text = json_to_string(ports, FALSE);
	g_assert_cmpstr(text, ==,
			"[{\"id\":1,\"rule\":\"8000-8001:80-81/tcp\",\"flows\":1,\"flows_total\":2,"
			"\"bytes_out\":11,\"bytes_in\":22}]");
	port_tally_close(tallies[0]);
	control_fixture_done(&fixture);
}

/* Ports that come and go leave nothing behind; a flow may outlive its port. */
static void test_ports_go(void)
{
	struct control_fixture fixture;
	struct port_tally *kept[100];

	control_fixture_init(&fixture);
	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++) {
		struct port_rule rule, bound;
		g_assert_true(port_rule_parse("8000:80", &rule, NULL));
		g_assert_true(port_table_add(fixture.ports, &rule, &bound, NULL));
		kept[i] = ledger_open_rule(fixture.ledger, bound.id);
		port_table_remove(fixture.ports, bound.id);
	}
	g_assert_null(open_guest(&fixture, IPPROTO_TCP, "10.0.2.100", 80));
	for (unsigned id = 1; id <= G_N_ELEMENTS(kept); id++)
		g_assert_null(ledger_tally(fixture.ledger, id));
	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++) {
		port_tally_count(kept[i], 1, 1);
		port_tally_close(kept[i]);
	}
	control_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control/flows/members", test_members);
	g_test_add_func("/control/flows/pages", test_pages);
	g_test_add_func("/control/flows/bad-arguments", test_bad_arguments);
	g_test_add_func("/control/stats/ports", test_ports);
	g_test_add_func("/control/stats/ports-go", test_ports_go);
	return g_test_run();
}
