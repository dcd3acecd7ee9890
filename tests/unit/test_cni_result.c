/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cni_result - results of CNI in each version, alone and behind other plugins */
#include <string.h>

#include <glib.h>

#include "plugins/cni/error.h"
#include "plugins/cni/result.h"

static const struct link_config *example(bool with_v6)
{
	static struct link_config link;
	struct ip_prefix prefix;

	link = (struct link_config){.kind = LINK_GATEWAY, .ifname = "eth0", .mtu = 1500};
	g_assert_true(mac_address_parse("5a:01:02:03:04:05", &link.mac, NULL));
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&link.v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	if (with_v6)
		link_network_init(&link.v6, &prefix);
	return &link;
}

static char *make(const char *more, const char *version, bool with_v6)
{
	g_autofree char *text =
		g_strdup_printf("{\"cniVersion\":\"%s\",\"name\":\"net\"%s}", version, more);
	const struct cni_request request = {.command = CNI_ADD, .ifname = "eth0"};
	struct cni_config config;

	cni_config_init(&config);
	g_assert_true(cni_config_parse(text, strlen(text), &request, &config, NULL));
	g_autoptr(JsonNode) result = cni_result_make(&config, example(with_v6), "/n");
	cni_config_done(&config);
	return json_to_string(result, false);
}

static void test_newest(void)
{
	g_autofree char *text = make("", "1.1.0", true);

	g_assert_cmpstr(
		text, ==,
		"{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"eth0\","
		"\"mac\":\"5a:01:02:03:04:05\",\"mtu\":1500,\"sandbox\":\"/n\"}],"
		"\"ips\":[{\"interface\":0,\"address\":\"10.0.2.100/24\",\"gateway\":\"10.0.2.2\"},"
		"{\"interface\":0,\"address\":\"fd00::100/64\",\"gateway\":\"fd00::2\"}],"
		"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.0.2.2\"},"
		"{\"dst\":\"::/0\",\"gw\":\"fd00::2\"}],"
		"\"dns\":{\"nameservers\":[\"10.0.2.3\",\"fd00::3\"]}}");
}

static void test_older(void)
{
	g_autofree char *newer = make("", "1.0.0", false), *older = make("", "0.3.1", false);

	g_assert_null(strstr(newer, "\"mtu\""));
	g_assert_null(strstr(newer, "\"version\""));
	g_assert_null(strstr(newer, "fd00"));
	g_assert_nonnull(strstr(older, "{\"version\":\"4\",\"interface\":0,"));
	g_assert_null(strstr(older, "\"mtu\""));
}

static void test_behind_others(void)
{
	g_autofree char *text =
		make(",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"x0\"}],"
		     "\"ips\":[{\"address\":\"192.0.2.9/24\",\"interface\":0}],"
		     "\"dns\":{\"nameservers\":[\"192.0.2.53\"]},\"other\":1}",
		     "1.0.0", false);

	g_assert_nonnull(strstr(text, "\"interfaces\":[{\"name\":\"x0\"},{\"name\":\"eth0\""));
	g_assert_nonnull(strstr(text, "\"address\":\"192.0.2.9/24\",\"interface\":0},"
				      "{\"interface\":1,\"address\":\"10.0.2.100/24\""));
	g_assert_nonnull(strstr(text, "\"nameservers\":[\"192.0.2.53\"]"));
	g_assert_nonnull(strstr(text, "\"other\":1"));
}

static void test_dns_as_wished(void)
{
	g_autofree char *text = make(",\"dns\":{\"nameservers\":[\"192.0.2.53\"],\"domain\":\"x\"}",
				     "1.0.0", false);

	g_assert_nonnull(strstr(text, "\"dns\":{\"nameservers\":[\"192.0.2.53\"],"
				      "\"domain\":\"x\"}"));
	/* Who asks for a search list alone still has name servers. */
	g_autofree char *search =
		make(",\"runtimeConfig\":{\"dns\":{\"searches\":[\"x.test\"]}}", "1.0.0", false);
	g_assert_nonnull(strstr(search, "\"dns\":{\"search\":[\"x.test\"],"
					"\"nameservers\":[\"10.0.2.3\"]}"));
}

static void test_read_back(void)
{
	g_autofree char *text = make("", "1.0.0", true);
	g_autoptr(JsonNode) result = json_from_string(text, NULL);
	JsonObject *object = json_node_get_object(result);
	g_autoptr(JsonArray) routes = json_array_new();
	g_autoptr(GError) error = NULL;
	struct cni_interface interface;

	cni_interface_init(&interface);
	g_assert_true(cni_result_find(object, "eth0", "/n", &interface, NULL));
	g_assert_cmpuint(interface.addresses->len, ==, 2);
	g_assert_cmpuint(interface.routers->len, ==, 2);
	g_assert_cmphex(interface.mac.bytes[5], ==, 5);
	cni_interface_done(&interface);
	/* Another plugin has taken a route out. */
	json_object_set_array_member(object, "routes", g_steal_pointer(&routes));
	cni_interface_init(&interface);
	g_assert_true(cni_result_find(object, "eth0", "/n", &interface, NULL));
	g_assert_cmpuint(interface.routers->len, ==, 0);
	cni_interface_done(&interface);
	cni_interface_init(&interface);
	g_assert_false(cni_result_find(object, "eth0", "/other", &interface, &error));
	g_assert_error(error, CNI_ERROR, CNI_CHECK_FAILED);
	cni_interface_done(&interface);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cni-result/newest", test_newest);
	g_test_add_func("/cni-result/older", test_older);
	g_test_add_func("/cni-result/behind-others", test_behind_others);
	g_test_add_func("/cni-result/dns-as-wished", test_dns_as_wished);
	g_test_add_func("/cni-result/read-back", test_read_back);
	return g_test_run();
}
