/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_port_rule - the grammar of published ports and its JSON form */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <glib.h>

#include "src/failure.h"
#include "src/port_rule.h"

static struct port_rule rule_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct port_rule rule;

	port_rule_parse(text, &rule, &error);
	g_assert_no_error(error);
	return rule;
}

static void assert_printed(const struct port_rule *rule, const char *expected)
{
	g_autofree char *text = port_rule_to_string(rule);

	g_assert_cmpstr(text, ==, expected);
}

static void test_fields(void)
{
	struct port_rule rule = rule_of("0.0.0.0:8000-8010:9000-9010/udp");

	g_assert_cmpuint(rule.id, ==, 0);
	g_assert_cmpint(rule.protocol, ==, IPPROTO_UDP);
	g_assert_cmpint(rule.host.family, ==, AF_INET);
	g_assert_true(ip_address_is_any(&rule.host));
	g_assert_cmpuint(rule.host_first, ==, 8000);
	g_assert_cmpuint(rule.host_last, ==, 8010);
	g_assert_cmpint(rule.guest.family, ==, AF_UNSPEC);
	g_assert_cmpuint(rule.guest_first, ==, 9000);
	g_assert_cmpuint(port_rule_size(&rule), ==, 11);

	rule = rule_of("8080:80");
	g_assert_cmpint(rule.protocol, ==, IPPROTO_TCP);
	g_assert_cmpint(rule.host.family, ==, AF_UNSPEC);
	g_assert_cmpuint(port_rule_size(&rule), ==, 1);
}

static void test_round_trip(void)
{
	static const char *const cases[][2] = {
		{"8080:80", "8080:80/tcp"},
		{"8080:80/tcp", "8080:80/tcp"},
		{"53:53/udp", "53:53/udp"},
		{"[::1]:8080:80", "[::1]:8080:80/tcp"},
		{"[::]:1-3:4-6/udp", "[::]:1-3:4-6/udp"},
		{"0.0.0.0:8000-8010:9000-9010/udp", "0.0.0.0:8000-8010:9000-9010/udp"},
		{"0:80", "0:80/tcp"},
		{"127.0.0.1:0:80", "127.0.0.1:0:80/tcp"},
		{"65535:65535", "65535:65535/tcp"},
		{"1-65535:1-65535", "1-65535:1-65535/tcp"},
		{"7-7:8", "7:8/tcp"},
		{"eth0:8080:80", "eth0:8080:80/tcp"},
		{"br-12.4_@x:8000-8001:80-81/udp", "br-12.4_@x:8000-8001:80-81/udp"},
		{"192.0.2.1%eth0:0:80", "192.0.2.1%eth0:0:80/tcp"},
		{"[fe80::1%eth0.100]:8080:80", "[fe80::1%eth0.100]:8080:80/tcp"},
		{"8080:80,proxy=v1", "8080:80/tcp,proxy=v1"},
		{"eth0:8080:80/tcp,proxy=v2", "eth0:8080:80/tcp,proxy=v2"},
		{"fd:3:80", "fd:3:80/tcp"},
		{"fd:web.socket:53/udp", "fd:web.socket:53/udp"},
		{"fd:3:80,proxy=v2", "fd:3:80/tcp,proxy=v2"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct port_rule rule = rule_of(cases[i][0]);
		assert_printed(&rule, cases[i][1]);
	}
}

/* A refused text and a word that the cause or the cure must hold. */
struct refusal {
	const char *text, *word;
};

static const struct refusal refusals[] = {
	{"", "names no port"},
	{"8080", "8080:8080/tcp"},
	{"8000-8010/udp", "8000-8010:8000-8010/udp"},
	{"127.0.0.1:8080", "127.0.0.1:8080:8080/tcp"},
	{"[::1]:8080", "[::1]:8080:8080/tcp"},
	{"::1:8080:80", "brackets"},
	{"fd00::1:8080:80", "brackets"},
	{"1:2:3:4", "brackets"},
	{"[::1:8080:80", "no ']:'"},
	{"[::1]8080:80", "no ']:'"},
	{"[127.0.0.1]:8080:80", "not an IPv6 address"},
	{"[]:8080:80", "not an IP address"},
	{"[eth0]:8080:80", "not an IP address"},
	{"[::1%]:8080:80", "name of an interface"},
	{"%eth0:8080:80", "not an IP address"},
	{"an-interface-name:8080:80", "name of an interface"},
	{"et h0:8080:80", "name of an interface"},
	{"..:8080:80", "name of an interface"},
	{"eth0:8080", "not a port number"},
	{"8080:80,", "no option"},
	{"8080:80,proxy=v3", "no option"},
	{"8080:80,proxy=v1,proxy=v2", "no option"},
	{"8080:80/udp,proxy=v1", "TCP only"},
	{"fd", "not a port number"},
	{"fd:", "descriptor"},
	{"fd:3", "fd:3:80"},
	{"fd::80", "descriptor"},
	{"fd:3:0", "port 0"},
	{"fd:3:80-81", "same size"},
	{"fd:3:8080:80", "descriptor"},
	{"fd:a b:80", "descriptor"},
	{"1.2.3:8080:80", "not an IP address"},
	{":8080:80", "not an IP address"},
	{"8080:", "missing"},
	{":80", "missing"},
	{":", "missing"},
	{"127.0.0.1::80", "missing"},
	{"-8080:80", "missing"},
	{"8080-:80-90", "missing"},
	{"8080:80/", "tcp, udp"},
	{"8080:80/TCP", "lower case"},
	{"8080:80/sctp", "sctp"},
	{"8080:80/tcp/udp", "tcp, udp"},
	{"65536:80", "65535"},
	{"8080:65536", "65535"},
	{"99999999999999999999999:80", "65535"},
	{"080:80", "not a port number"},
	{"8080:00", "not a port number"},
	{"+80:80", "not a port number"},
	{" 8080:80", "not a port number"},
	{"8080: 80", "not a port number"},
	{"8080:80\n", "not a port number"},
	{"8080:80 /tcp", "not a port number"},
	{"0x50:80", "not a port number"},
	{"http:80", "not a port number"},
	{"1-2-3:1-3", "not a port number"},
	{"8010-8000:9000-9010", "ends before"},
	{"8000-8010:9010-9000", "ends before"},
	{"8000-8010:9000-9009", "same size"},
	{"8000-8010:9000", "same size"},
	{"8000:9000-9010", "same size"},
	{"0-5:80-85", "port 0"},
	{"0-0:80", "port 0"},
	{"0:80-85", "same size"},
	{"8080:0", "port 0"},
};

static void test_refuses(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;
		struct port_rule rule = {.id = 77};
		if (port_rule_parse(refusals[i].text, &rule, &error))
			g_error("'%s' was taken for a rule", refusals[i].text);
		if (!strstr(error->message, refusals[i].word))
			g_error("'%s': \"%s\" does not tell '%s'", refusals[i].text, error->message,
				refusals[i].word);
		g_assert_nonnull(failure_cure(error));
		g_assert_cmpuint(rule.id, ==, 77);
	}
}

static void test_parse_host(void)
{
	static const char *const good[][2] = {
		{"8080", "8080/tcp"},
		{"8080/udp", "8080/udp"},
		{"8000-8010", "8000-8010/tcp"},
		{"127.0.0.1:8080", "127.0.0.1:8080/tcp"},
		{"[::1]:53/udp", "[::1]:53/udp"},
		{"8080:80", "8080:80/tcp"},
		{"127.0.0.1:8080:80/udp", "127.0.0.1:8080:80/udp"},
		{"eth0:8080", "eth0:8080/tcp"},
		{"127.0.0.1%lo:8080", "127.0.0.1%lo:8080/tcp"},
		{"fd:web", "fd:web/tcp"},
		{"fd:web:80", "fd:web:80/tcp"},
	};
	static const char *const bad[] = {"0", "0:80", "", "127.0.0.1", "::1:80", "80/TCP", "+80"};

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		struct port_rule rule;
		port_rule_parse_host(good[i][0], &rule, &error);
		g_assert_no_error(error);
		assert_printed(&rule, good[i][1]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		struct port_rule rule;
		if (port_rule_parse_host(bad[i], &rule, &error))
			g_error("'%s' was taken for a published port", bad[i]);
		g_assert_nonnull(failure_cure(error));
	}
}

static bool from_json(const char *text, struct port_rule *ret_rule, GError **error)
{
	g_autoptr(GError) syntax = NULL;
	g_autoptr(JsonNode) root = json_from_string(text, &syntax);

	g_assert_no_error(syntax);
	return port_rule_from_json(json_node_get_object(root), ret_rule, error);
}

static void test_to_json(void)
{
	struct port_rule rule = rule_of("[::1]:8000-8001:9000-9001/udp");

	rule.id = 3;
	g_assert_true(ip_address_parse("10.0.2.100", &rule.guest, NULL));
	g_autoptr(JsonNode) node = port_rule_to_json(&rule);
	g_autofree char *text = json_to_string(node, FALSE);
	g_assert_cmpstr(
		text, ==,
		"{\"id\":3,\"proto\":\"udp\",\"host_addr\":\"::1\",\"host_port\":8000,"
		"\"host_port_end\":8001,\"guest_addr\":\"10.0.2.100\",\"guest_port\":9000}");

	rule = rule_of("8080:80");
	g_autoptr(JsonNode) plain_node = port_rule_to_json(&rule);
	g_autofree char *plain = json_to_string(plain_node, FALSE);
	g_assert_cmpstr(plain, ==,
			"{\"id\":0,\"proto\":\"tcp\",\"host_addr\":\"\",\"host_port\":8080,"
			"\"guest_addr\":\"\",\"guest_port\":80}");
}

static void test_to_json_all(void)
{
	struct port_rule rule = rule_of("eth0:8080:80,proxy=v2");

	g_strlcpy(rule.source, "web", sizeof(rule.source));
	g_autoptr(JsonNode) node = port_rule_to_json(&rule);
	g_autofree char *text = json_to_string(node, FALSE);
	g_assert_cmpstr(text, ==,
			"{\"id\":0,\"proto\":\"tcp\",\"host_addr\":\"\",\"host_port\":8080,"
			"\"guest_addr\":\"\",\"guest_port\":80,\"interface\":\"eth0\","
			"\"proxy_protocol\":\"v2\",\"fd\":\"web\"}");
}

static void test_json_round_trip(void)
{
	static const char *const rules[] = {
		"8080:80/tcp",
		"0:80/udp",
		"[::1]:8000-8001:9000-9001/udp",
		"1-65535:1-65535/tcp",
		"192.0.2.1:65535:1/tcp",
		"[fe80::1%eth0]:7:8/tcp,proxy=v1",
		"fd:web:80/tcp,proxy=v2",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		struct port_rule rule = rule_of(rules[i]), back;
		g_autoptr(GError) error = NULL;
		rule.id = 4294967295;
		g_assert_true(ip_address_parse("fd00::100", &rule.guest, NULL));
		g_autoptr(JsonNode) node = port_rule_to_json(&rule);
		port_rule_from_json(json_node_get_object(node), &back, &error);
		g_assert_no_error(error);
		assert_printed(&back, rules[i]);
		g_assert_cmpuint(back.id, ==, 4294967295);
		g_assert_true(ip_address_equal(&back.guest, &rule.guest));
	}
}

static void test_json_defaults(void)
{
	g_autoptr(GError) error = NULL;
	struct port_rule rule;

	from_json("{\"proto\":\"tcp\",\"host_port\":8080,\"guest_port\":80}", &rule, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(rule.id, ==, 0);
	g_assert_cmpint(rule.host.family, ==, AF_UNSPEC);
	assert_printed(&rule, "8080:80/tcp");
}

/* An object that lacks something, and the member that the error must name. */
static const struct refusal json_refusals[] = {
	{"{}", "'proto'"},
	{"{\"proto\":1,\"host_port\":1,\"guest_port\":1}", "'proto'"},
	{"{\"proto\":null,\"host_port\":1,\"guest_port\":1}", "'proto'"},
	{"{\"proto\":\"icmp\",\"host_port\":1,\"guest_port\":1}", "'proto'"},
	{"{\"proto\":\"tcp\",\"guest_port\":1}", "'host_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":-1,\"guest_port\":1}", "'host_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":65536,\"guest_port\":1}", "'host_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":\"1\",\"guest_port\":1}", "'host_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":1.5,\"guest_port\":1}", "'host_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":[1],\"guest_port\":1}", "'host_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":1}", "'guest_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":0}", "'guest_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":5,\"host_port_end\":4,\"guest_port\":1}",
	 "'host_port_end'"},
	{"{\"proto\":\"tcp\",\"host_port\":0,\"host_port_end\":4,\"guest_port\":1}",
	 "'host_port_end'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"host_port_end\":2,\"guest_port\":65535}",
	 "'guest_port'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"host_addr\":\"x\"}", "'host_addr'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"guest_addr\":{}}", "'guest_addr'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"id\":4294967296}", "'id'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"id\":-1}", "'id'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"interface\":\"a/b\"}",
	 "'interface'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"interface\":1}", "'interface'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"fd\":\"a:b\"}", "'fd'"},
	{"{\"proto\":\"udp\",\"host_port\":1,\"guest_port\":1,\"proxy_protocol\":\"v1\"}",
	 "'proxy_protocol'"},
	{"{\"proto\":\"tcp\",\"host_port\":1,\"guest_port\":1,\"proxy_protocol\":\"v3\"}",
	 "'proxy_protocol'"},
};

static void test_json_refuses(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(json_refusals); i++) {
		g_autoptr(GError) error = NULL;
		struct port_rule rule;
		if (from_json(json_refusals[i].text, &rule, &error))
			g_error("%s was taken for a rule", json_refusals[i].text);
		if (!strstr(error->message, json_refusals[i].word))
			g_error("%s: \"%s\" does not name %s", json_refusals[i].text,
				error->message, json_refusals[i].word);
		g_assert_cmpint(error->code, ==, EINVAL);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/port-rule/fields", test_fields);
	g_test_add_func("/port-rule/round-trip", test_round_trip);
	g_test_add_func("/port-rule/refuses", test_refuses);
	g_test_add_func("/port-rule/parse-host", test_parse_host);
	g_test_add_func("/port-rule/to-json", test_to_json);
	g_test_add_func("/port-rule/to-json-all", test_to_json_all);
	g_test_add_func("/port-rule/json-round-trip", test_json_round_trip);
	g_test_add_func("/port-rule/json-defaults", test_json_defaults);
	g_test_add_func("/port-rule/json-refuses", test_json_refuses);
	return g_test_run();
}
