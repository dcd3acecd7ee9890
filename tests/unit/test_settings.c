/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_settings - options of the network by their names in JSON and in text */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "plugins/settings.h"
#include "src/failure.h"

static bool take(struct settings *settings, const char *json, GError **error)
{
	g_autoptr(JsonNode) root = json_from_string(json, error);
	g_autoptr(GList) names = json_object_get_members(json_node_get_object(root));

	for (const GList *name = names; name; name = name->next)
		if (!settings_take_member(
			    settings, name->data,
			    json_object_get_member(json_node_get_object(root), name->data), error))
			return false;
	return true;
}

static void test_members(void)
{
	struct settings settings;

	settings_init(&settings);
	g_assert_true(
		take(&settings,
		     "{\"mtu\":4000,\"link\":\"tap\",\"ipv6\":false,\"cidr\":\"10.8.0.0/24\","
		     "\"hostLoopback\":true,\"hostPort\":[80,\"53/udp\"],\"udpTimeout\":\"9:3\","
		     "\"publish\":\"8080:80\",\"mac\":\"02:11:22:33:44:55\"}",
		     NULL));
	g_autofree char *cidr = ip_prefix_to_string(&settings.network.cidr);
	g_assert_cmpuint(settings.network.mtu, ==, 4000);
	g_assert_cmpint(settings.network.link, ==, LINK_TAP);
	g_assert_true(settings.network.no_ipv6 && settings.network.host_loopback &&
		      settings.network.has_mac);
	g_assert_cmpstr(cidr, ==, "10.8.0.0/24");
	g_assert_cmpuint(settings.network.udp_timeout, ==, 9);
	g_assert_cmpuint(settings.network.udp_brief_timeout, ==, 3);
	g_assert_cmpuint(settings.network.ports->len, ==, 1);
	g_assert_cmpuint(settings.network.access.ports->len, ==, 2);
	g_assert_cmpint(g_array_index(settings.network.access.ports, struct host_port, 1).protocol,
			==, IPPROTO_UDP);
	settings_done(&settings);
}

/* A switch that is off is no option at all. */
static void test_off(void)
{
	struct settings settings;

	settings_init(&settings);
	g_assert_true(
		take(&settings, "{\"ipv6\":true,\"hostLoopback\":false,\"hostPort\":[]}", NULL));
	g_assert_false(settings.network.no_ipv6 || settings.network.host_loopback);
	g_assert_cmpuint(settings.network.access.ports->len, ==, 0);
	settings_done(&settings);
}

static void test_wrong_members(void)
{
	static const struct {
		const char *json, *message;
		int code;
	} cases[] = {
		{"{\"mtu\":1}", "mtu: the MTU must be a number from 68 to 65521", EINVAL},
		{"{\"mtu\":1.5}", "mtu: mtu must be a string or a whole number", EINVAL},
		{"{\"mtu\":[1500]}", "mtu: mtu must be a string", EINVAL},
		{"{\"mtu\":null}", "mtu: mtu must be a string", EINVAL},
		{"{\"ipv6\":\"no\"}", "ipv6: ipv6 must be true or false", EINVAL},
		{"{\"hostPort\":[80,{}]}", "hostPort: host-port must be a string", EINVAL},
		{"{\"hostPort\":80000}", "hostPort: a host port must be a number", EINVAL},
		{"{\"link\":\"--help\"}", "link: unknown link '--help'", 0},
		{"{\"host-port\":80}", "there is no setting 'host-port'", ENOENT},
		{"{\"MTU\":1500}", "there is no setting 'MTU'", ENOENT},
		{"{\"ifname\":\"x\"}", "there is no setting 'ifname'", ENOENT},
		{"{\"net\":\"host\"}", "there is no setting 'net'", ENOENT},
		{"{\"\":1}", "there is no setting ''", ENOENT},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct settings settings;
		settings_init(&settings);
		g_assert_false(take(&settings, cases[i].json, &error));
		g_assert_error(error, FAILURE, cases[i].code);
		if (!g_str_has_prefix(error->message, cases[i].message))
			g_error("%s: %s", cases[i].json, error->message);
		settings_done(&settings);
	}
}

static void test_text(void)
{
	struct settings settings;

	settings_init(&settings);
	g_assert_true(settings_take_text(&settings, "mtu", "9000", NULL));
	g_assert_true(settings_take_text(&settings, "host-port", "80,53/udp", NULL));
	g_assert_true(settings_take_text(&settings, "ipv6", "false", NULL));
	g_assert_true(settings_take_text(&settings, "host-loopback", "false", NULL));
	g_assert_true(settings_take_text(&settings, "publish",
					 "8080:80,proxy=v2,53:53/udp,9000-9001:9000-9001,proxy=v1",
					 NULL));
	g_assert_cmpuint(settings.network.mtu, ==, 9000);
	g_assert_cmpuint(settings.network.access.ports->len, ==, 2);
	g_assert_true(settings.network.no_ipv6);
	g_assert_false(settings.network.host_loopback);
	g_assert_cmpuint(settings.network.ports->len, ==, 3);
	g_assert_cmpuint(g_array_index(settings.network.ports, struct port_rule, 0).proxy_version,
			 ==, 2);
	g_assert_cmpuint(g_array_index(settings.network.ports, struct port_rule, 2).proxy_version,
			 ==, 1);
	settings_done(&settings);
}

static void test_wrong_text(void)
{
	static const char *const pairs[][2] = {
		{"mtu", ""},
		{"ipv6", "yes"},
		{"host-loopback", ""},
		{"hostPort", "80"},
		{"host-port", ","},
		{"net", "host"},
		{"publish", "proxy=v2"},
		{"mac", "\xff"},
		{"ifname", "eth1"},
		{"no-ipv6", "1"},
		{"publish", "80:80,,81:81"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autoptr(GError) error = NULL;
		struct settings settings;
		settings_init(&settings);
		g_assert_false(settings_take_text(&settings, pairs[i][0], pairs[i][1], &error));
		g_assert_true(error->domain == FAILURE);
		settings_done(&settings);
	}
}

/* What is wrong only beside something else. */
static void test_check(void)
{
	g_autoptr(GError) error = NULL;
	struct settings settings;

	settings_init(&settings);
	g_assert_true(take(&settings, "{\"mtu\":1000}", NULL));
	g_assert_false(settings_check(&settings, "eth1", &error));
	g_assert_error(error, FAILURE, EINVAL);
	g_clear_error(&error);
	g_assert_true(take(&settings, "{\"ipv6\":false,\"outbound\":[\"lo\"]}", NULL));
	g_assert_true(settings_check(&settings, "eth1", NULL));
	g_assert_cmpstr(settings.network.ifname, ==, "eth1");
	g_assert_cmpstr(settings.outbound.outbound.interface, ==, "lo");
	g_assert_false(take(&settings, "{\"outbound\":\"no-such-device\"}", &error));
	g_assert_error(error, FAILURE, EINVAL);
	settings_done(&settings);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/settings/members", test_members);
	g_test_add_func("/settings/off", test_off);
	g_test_add_func("/settings/wrong-members", test_wrong_members);
	g_test_add_func("/settings/text", test_text);
	g_test_add_func("/settings/wrong-text", test_wrong_text);
	g_test_add_func("/settings/check", test_check);
	return g_test_run();
}
