/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_netavark - networks and containers as netavark tells of them */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "plugins/netavark/network.h"
#include "src/failure.h"

#define HEAD "{\"name\":\"net\",\"id\":\"0001\",\"driver\":\"netns-netavark\""
#define INPUT(network, own, ports)                                                                 \
	"{\"container_id\":\"c1\",\"container_name\":\"web\",\"port_mappings\":" ports             \
	",\"network\":" HEAD network "},\"network_options\":{\"interface_name\":\"eth0\"" own "}}"

static void test_create(void)
{
	static const char text[] = HEAD ",\"subnets\":[{\"subnet\":\"10.8.0.0/24\",\"gateway\":"
					"\"10.8.0.1\"}],\"dns_enabled\":true,\"other\":[1]}";
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) network = netavark_network_create(text, strlen(text), &error);

	g_assert_no_error(error);
	g_autofree char *kept = json_to_string(network, false);
	g_assert_cmpstr(kept, ==,
			HEAD ",\"subnets\":[{\"subnet\":\"10.8.0.0/24\",\"gateway\":\"10.8.0.2\","
			     "\"lease_range\":{\"start_ip\":\"10.8.0.4\"}}],"
			     "\"dns_enabled\":false,\"other\":[1]}");
}

static void test_create_wrong(void)
{
	static const char *const wrong[] = {
		"",
		"[]",
		HEAD ",\"internal\":true}",
		HEAD ",\"internal\":1}",
		HEAD ",\"options\":{\"mtu\":\"1\"}}",
		HEAD ",\"options\":{\"mtu\":1500}}",
		HEAD ",\"options\":{\"isolate\":\"true\"}}",
		HEAD ",\"options\":[]}",
		HEAD ",\"subnets\":[{\"subnet\":\"10.8.0.1/24\"}]}",
		HEAD ",\"subnets\":[{}]}",
		HEAD ",\"subnets\":[\"10.8.0.0/24\"]}",
		HEAD ",\"ipv6_enabled\":\"no\"}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(netavark_network_create(wrong[i], strlen(wrong[i]), &error));
		g_assert_true(error && error->domain == FAILURE);
	}
}

static void test_set_up(void)
{
	static const char text[] =
		INPUT(",\"ipv6_enabled\":true,\"options\":{\"mtu\":\"1400\"},"
		      "\"subnets\":[{\"subnet\":\"10.8.0.0/24\"}],"
		      "\"network_dns_servers\":[\"192.0.2.53\"]",
		      ",\"static_ips\":[\"10.8.0.9\"],\"static_mac\":\"02:11:22:33:44:55\","
		      "\"options\":{\"host-port\":\"80,53/udp\"}",
		      "[{\"container_port\":80,\"host_ip\":\"127.0.0.1\",\"host_port\":8080,"
		      "\"protocol\":\"tcp\",\"range\":3},"
		      "{\"container_port\":53,\"host_port\":53,\"protocol\":\"udp\",\"range\":0}]");
	struct netavark_request request;
	struct link_config link = {.ifname = "eth0", .mtu = 1400};

	netavark_request_init(&request);
	g_assert_true(netavark_request_parse(text, strlen(text), false, &request, NULL));
	const struct port_rule *rules = (void *)request.settings.network.ports->data;
	g_assert_cmpstr(request.container_id, ==, "c1");
	g_assert_cmpstr(request.network, ==, "net");
	g_assert_cmpuint(request.settings.network.mtu, ==, 1400);
	g_assert_false(request.settings.network.no_ipv6);
	g_assert_true(request.settings.network.has_mac);
	g_assert_cmpuint(request.settings.network.access.ports->len, ==, 2);
	g_assert_cmpint(request.settings.command4.family, ==, AF_INET);
	g_assert_cmpuint(request.settings.network.ports->len, ==, 2);
	g_assert_cmpuint(rules[0].host_last, ==, 8082);
	g_assert_cmpuint(rules[1].host_last, ==, 53);
	g_assert_cmpint(rules[1].protocol, ==, IPPROTO_UDP);
	link_network_init(&link.v4, &request.settings.network.cidr);
	g_autoptr(JsonNode) answer = netavark_request_answer(&request, &link);
	g_autofree char *printed = json_to_string(answer, false);
	g_assert_cmpstr(
		printed, ==,
		"{\"dns_search_domains\":[],\"dns_server_ips\":[\"192.0.2.53\"],"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"00:00:00:00:00:00\",\"subnets\":"
		"[{\"ipnet\":\"10.8.0.100/24\",\"gateway\":\"10.8.0.2\"}]}}}");
	netavark_request_done(&request);
}

static void test_ipv6(void)
{
	static const char by_default[] = INPUT("", "", "[]"),
			  by_option[] = INPUT(",\"options\":{\"ipv6\":\"true\"}", "", "null");
	struct netavark_request request;

	netavark_request_init(&request);
	g_assert_true(
		netavark_request_parse(by_default, strlen(by_default), false, &request, NULL));
	g_assert_true(request.settings.network.no_ipv6);
	netavark_request_done(&request);
	netavark_request_init(&request);
	g_assert_true(netavark_request_parse(by_option, strlen(by_option), false, &request, NULL));
	g_assert_false(request.settings.network.no_ipv6);
	netavark_request_done(&request);
}

#define PORT(members) INPUT("", "", "[{" members "}]")

static void test_wrong(void)
{
	static const char *const wrong[] = {
		"",
		"{}",
		"{\"container_id\":\"c1\",\"network\":" HEAD "}}",
		"{\"container_id\":\"\",\"network\":" HEAD
		"},\"network_options\":{\"interface_name\":\"eth0\"}}",
		INPUT("", ",\"static_ips\":[\"10.8.0\"]", "[]"),
		INPUT("", ",\"static_ips\":[\"10.8.0.5\",\"10.8.0.6\"]", "[]"),
		INPUT("", ",\"static_mac\":\"x\"", "[]"),
		INPUT("", ",\"options\":{\"bandwidth\":\"1\"}", "[]"),
		INPUT("", "", "{}"),
		INPUT("", "", "[80]"),
		PORT("\"container_port\":80"),
		PORT("\"container_port\":80,\"host_port\":65535,\"range\":2"),
		PORT("\"container_port\":80,\"host_port\":1,\"range\":18446744073709551615"),
		PORT("\"container_port\":80,\"host_port\":80,\"protocol\":\"sctp\""),
		PORT("\"container_port\":80,\"host_port\":80,\"host_ip\":\"x\""),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		struct netavark_request request;
		netavark_request_init(&request);
		if (netavark_request_parse(wrong[i], strlen(wrong[i]), false, &request, &error))
			g_error("taken: %s", wrong[i]);
		g_assert_true(error && error->domain == FAILURE);
		netavark_request_done(&request);
	}
}

/* What cannot be made any more can be ended. */
static void test_tear_down(void)
{
	static const char text[] = INPUT(",\"options\":{\"mtu\":\"1\"}", "", "[80]");
	struct netavark_request request;

	netavark_request_init(&request);
	g_assert_true(netavark_request_parse(text, strlen(text), true, &request, NULL));
	g_assert_cmpstr(request.ifname, ==, "eth0");
	netavark_request_done(&request);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/netavark/create", test_create);
	g_test_add_func("/netavark/create-wrong", test_create_wrong);
	g_test_add_func("/netavark/set-up", test_set_up);
	g_test_add_func("/netavark/ipv6", test_ipv6);
	g_test_add_func("/netavark/wrong", test_wrong);
	g_test_add_func("/netavark/tear-down", test_tear_down);
	return g_test_run();
}
