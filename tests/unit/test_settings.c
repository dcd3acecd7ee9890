/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_settings - options of the network by their names in JSON and in text */
#include <errno.h>
#include <string.h>
#include <unistd.h>

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
		{"{\"egressFile\":\"rules\"}", "egressFile: 'rules' does not begin with /", EINVAL},
		{"{\"allow\":[\"x.test:0\"]}", "allow: --allow 'x.test:0': ", EINVAL},
		{"{\"egress\":\"maybe\"}", "egress: ", EINVAL},
		{"{\"proxy\":[\"http://a\"]}", "proxy: proxy must be a string", EINVAL},
		{"{\"sandbox\":true}", "sandbox: sandbox must be a string", EINVAL},
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

/* The rules as `netns-ctl egress ls` tells them, each with its action; the caller frees. */
static char *rules_of(const struct settings *settings)
{
	const struct egress_set *set = settings->egress.set;
	GString *text = g_string_new(egress_action_name(set->fallback));

	for (guint i = 0; i < set->rules->len; i++) {
		const struct egress_rule *rule = set->rules->pdata[i];
		g_autofree char *rule_text = egress_rule_to_string(rule);
		g_string_append_printf(text, " %s:%s", egress_action_name(rule->action), rule_text);
	}
	return g_string_free(text, FALSE);
}

static void test_egress(void)
{
	static const struct {
		const char *json, *rules;
	} cases[] = {
		{"{\"allow\":[\"a.test\",\"*.b.test\"],\"deny\":\"x.b.test\",\"egress\":\"deny\"}",
		 "deny deny:x.b.test allow:a.test allow:*.b.test"},
		{"{\"deny\":[\"@private\",\"@metadata\"],\"allow\":\"10.1.0.0/16\"}",
		 "allow allow:10.1.0.0/16 deny:@private deny:@metadata"},
		{"{\"egressPin\":9}", "allow"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct settings settings;
		settings_init(&settings);
		g_assert_true(take(&settings, cases[i].json, NULL));
		g_assert_true(settings_check(&settings, "eth0", NULL));
		g_autofree char *rules = rules_of(&settings);
		g_assert_cmpstr(rules, ==, cases[i].rules);
		g_assert_cmpuint(settings.egress.set->pin_seconds, ==, i == 2 ? 9 : 60);
		settings_done(&settings);
	}
}

/* Rules of a file come last, whatever they do. */
static void test_egress_file(void)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	struct settings settings;

	g_assert_cmpint(close(g_file_open_tmp("egress-XXXXXX", &path, NULL)), ==, 0);
	g_assert_true(
		g_file_set_contents(path, "default deny\nallow c.test\ndeny d.test\n", -1, NULL));
	settings_init(&settings);
	g_assert_true(settings_take_text(&settings, "allow", "a.test,b.test:443", NULL));
	g_assert_true(settings_take_text(&settings, "deny", "x.test", NULL));
	g_assert_false(settings_take_text(&settings, "egress-file", "egress", &error));
	g_assert_error(error, FAILURE, EINVAL);
	g_assert_true(settings_take_text(&settings, "egress-file", path, NULL));
	g_assert_true(settings_check(&settings, "eth0", NULL));
	g_autofree char *rules = rules_of(&settings);
	g_assert_cmpstr(rules, ==,
			"deny deny:x.test allow:a.test allow:b.test:443 allow:c.test deny:d.test");
	settings_done(&settings);
	unlink(path);
}

static void test_ways_out(void)
{
	struct settings settings;

	settings_init(&settings);
	g_assert_true(take(&settings,
			   "{\"proxy\":\"socks5h://me:secret@192.0.2.1:9\",\"proxyBypass\":true,"
			   "\"sandbox\":\"require\",\"dns\":[\"192.0.2.53#5353\"],"
			   "\"addHost\":\"db.test:192.0.2.7\"}",
			   NULL));
	g_assert_true(settings_check(&settings, "eth0", NULL));
	g_assert_cmpint(settings.outbound.outbound.proxy.port, ==, 9);
	g_assert_true(settings.outbound.outbound.bypasses_proxy);
	g_assert_cmpint(settings.sandbox.mode, ==, SANDBOX_REQUIRE);
	g_assert_cmpuint(settings.network.dns.config.servers->len, ==, 1);
	g_assert_cmpuint(settings.network.dns.config.hosts->len, ==, 1);
	settings_done(&settings);
}

/* What others may not change, after the text, each as "NAME=VALUE". */
static void assert_fixed(const char *name, const char *value, const char *const *refused)
{
	struct settings settings;

	settings_init(&settings);
	if (name)
		g_assert_true(settings_take_text(&settings, name, value, NULL));
	settings_fix(&settings, "the test");
	for (; *refused; refused++) {
		g_auto(GStrv) pair = g_strsplit(*refused, "=", 2);
		g_autoptr(GError) error = NULL;
		g_assert_false(settings_take_text(&settings, pair[0], pair[1], &error));
		g_assert_error(error, FAILURE, EPERM);
	}
	settings_done(&settings);
}

static void test_fixed(void)
{
	static const char *const always[] = {"sandbox=off", "egress-file=/etc/passwd", NULL};
	static const char *const of_rules[] = {"allow=*",
					       "deny=@private",
					       "egress=allow",
					       "egress-pin=86400",
					       "dns=192.0.2.53",
					       "add-host=good.test:192.0.2.66",
					       "proxy=http://192.0.2.66",
					       "proxy-bypass=true",
					       "outbound=192.0.2.1",
					       NULL};
	static const char *const of_ways[] = {"proxy=http://192.0.2.66", "proxy-bypass=false",
					      "outbound=lo", NULL};
	static const char *const of_rates[] = {"rate-in=1gbit", "rate-out=unlimited", NULL};
	struct settings settings;

	assert_fixed(NULL, NULL, always);
	assert_fixed("rate-out", "1mbit", of_rates);
	assert_fixed("egress", "deny", of_rules);
	assert_fixed("deny", "@private", of_rules);
	assert_fixed("proxy", "http://192.0.2.1", of_ways);
	assert_fixed("outbound", "lo", of_ways);
	settings_init(&settings);
	settings_fix(&settings, "the test");
	g_assert_true(settings_take_text(&settings, "egress", "deny", NULL));
	g_assert_true(settings_take_text(&settings, "proxy", "http://192.0.2.1", NULL));
	g_assert_true(settings_take_text(&settings, "allow", "a.test", NULL));
	settings_done(&settings);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/settings/members", test_members);
	g_test_add_func("/settings/off", test_off);
	g_test_add_func("/settings/egress", test_egress);
	g_test_add_func("/settings/egress-file", test_egress_file);
	g_test_add_func("/settings/ways-out", test_ways_out);
	g_test_add_func("/settings/fixed", test_fixed);
	g_test_add_func("/settings/wrong-members", test_wrong_members);
	g_test_add_func("/settings/text", test_text);
	g_test_add_func("/settings/wrong-text", test_wrong_text);
	g_test_add_func("/settings/check", test_check);
	return g_test_run();
}
